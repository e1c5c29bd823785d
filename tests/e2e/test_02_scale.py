"""Scaling by commit: the highest numbers go, and the survivors keep their containers."""


def stack(image, instances):
    return f"""
        stack: shop
        services:
          web:
            image: {image}
            instances: {instances}
        """


def test_scale_up_and_down_by_commit(cluster):
    repository = cluster.repository()

    def scale(instances):
        repository.write("kontena.yml", stack(cluster.image("web:1"), instances))
        repository.commit(f"Scale to {instances}")
        cluster.wait_running("shop/web", instances)
        return cluster.ids("shop/web")

    repository.write("kontena.yml", stack(cluster.image("web:1"), 2))
    repository.commit()
    cluster.add_source(repository)
    cluster.wait_running("shop/web", 2)
    two = cluster.ids("shop/web")

    six = scale(6)
    assert {n: six[n] for n in two} == two, "instances 1 and 2 keep their containers"
    by_host = [sum(c.host == host.number for c in cluster.running("shop/web")) for host in cluster.hosts]
    assert by_host == [2, 2, 2]
    three = scale(3)
    assert three == {n: six[n] for n in (1, 2, 3)}, "the highest numbers went, the others kept their containers"
    assert scale(0) == {}


def test_service_scale_of_an_uploaded_stack(cluster):
    cluster.apply(stack(cluster.image("web:1"), 1), "--wait")
    one = cluster.ids("shop/web")
    cluster.cli("service", "scale", "shop/web", "3")
    cluster.wait_running("shop/web", 3)
    assert cluster.ids("shop/web")[1] == one[1]


def test_scaling_by_hand_what_a_source_owns_is_refused_and_names_the_source(cluster):
    repository = cluster.repository()
    repository.write("kontena.yml", stack(cluster.image("web:1"), 2))
    repository.commit()
    cluster.add_source(repository, "team-repo")
    cluster.wait_running("shop/web", 2)
    refused = cluster.cli("service", "scale", "shop/web", "4", check=False)
    assert refused.code == 1
    assert "team-repo" in refused.text
    assert cluster.numbers("shop/web") == [1, 2]
