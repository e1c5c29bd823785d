"""A change of image or environment goes instance by instance and keeps min_health; the rest is not touched."""

import pytest
from harness import Sampler


def stack(image, greeting="hello", min_health=0.75):
    return f"""
        stack: shop
        services:
          web:
            image: {image}
            instances: 4
            environment:
              GREETING: {greeting}
            deploy:
              wait_for_port: 80
              min_health: {min_health}
          other:
            image: {image.rsplit("/", 1)[0]}/web:1
            instances: 3
        """


@pytest.mark.parametrize("change", ["image", "environment"])
def test_a_change_rolls_instance_by_instance(cluster, change):
    repository = cluster.repository()
    repository.write("kontena.yml", stack(cluster.image("web:1")))
    repository.commit()
    cluster.add_source(repository)
    cluster.wait_running("shop/web", 4)
    cluster.wait_running("shop/other", 3)
    cluster.wait_deployed("shop/web")
    others = {c.id for c in cluster.running("shop/other")}
    before = cluster.ids("shop/web")

    if change == "image":
        repository.write("kontena.yml", stack(cluster.image("web:2")))
    else:
        repository.write("kontena.yml", stack(cluster.image("web:1"), greeting="moin"))
    with Sampler(lambda: len(cluster.running("shop/web"))) as running:
        repository.commit(f"Change the {change}")
        cluster.sync()
    after = cluster.wait_running("shop/web", 4)

    assert not set(before.values()) & {c.id for c in after}, "every container was replaced"
    for container in after:
        details = cluster.hosts[container.host - 1].inspect(container)
        if change == "image":
            assert details["Config"]["Image"] == cluster.image("web:2")
        else:
            assert "GREETING=moin" in details["Config"]["Env"]
    assert min(running.seen) >= 3, f"min_health 0.75 of 4 keeps 3 running: {running.seen}"
    assert 3 in running.seen, "the sampling saw the replacement of an instance"
    assert {c.id for c in cluster.running("shop/other")} == others, "the other service was not touched"


def test_a_rollout_that_fails_stops_and_keeps_the_rest_running(cluster):
    cluster.apply(stack(cluster.image("web:1")), "--wait")
    before = cluster.ids("shop/web")
    failed = cluster.apply(stack(cluster.image("crash:1")), "--wait", check=False)
    assert failed.code == 1
    assert "exit" in failed.text.lower() or "crash line" in failed.text
    kept = [number for number, container in cluster.ids("shop/web").items() if before.get(number) == container]
    assert len(kept) >= 3, "min_health holds: one instance was tried, the others keep their containers"
