"""A commit with a broken stack file changes nothing and says where and why; the next good commit applies."""

import pytest
from harness import hold, wait_until


def stack(image, name, instances=2):
    return f"""
        stack: {name}
        services:
          web:
            image: {image}
            instances: {instances}
        """


BROKEN = {
    "syntax": ("stack: shop\nservices:\n  web:\n    image: [\n", (4, 5)),
    "unknown key": ("stack: shop\nservices:\n  web:\n    image: IMAGE\n    instanzen: 3\n", (5,)),
    "wrong type": ("stack: shop\nservices:\n  web:\n    image: IMAGE\n    instances: many\n", (5,)),
    "undeclared variable": ("stack: shop\nservices:\n  web:\n    image: ${nowhere}\n", (4,)),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_stack_file_changes_nothing(cluster, kind):
    image = cluster.image("web:1")
    repository = cluster.repository()
    repository.write("stacks/shop.yml", stack(image, "shop"))
    repository.write("stacks/blog.yml", stack(image, "blog"))
    repository.commit()
    cluster.add_source(repository, "stacks", "--path", "stacks", "--prune")
    cluster.wait_running("shop/web", 2)
    cluster.wait_running("blog/web", 2)
    before = cluster.stable()

    text, lines = BROKEN[kind]
    repository.write("stacks/shop.yml", text.replace("IMAGE", image))
    repository.write("stacks/blog.yml", stack(image, "blog", instances=5))  # good, but in the same commit
    broken = repository.commit("Break the shop")

    def reported():
        shown = cluster.source()
        assert broken[:7] in shown and "refused" in shown, shown
        assert any(f"stacks/shop.yml:{line}" in shown for line in lines), shown
        return shown

    wait_until("source show names the commit, the file, the line and the reason", reported, 20)
    hold("nothing changed", lambda: cluster.stable() == before, 2)
    assert cluster.sync(check=False).code == 1, "a CI job sees that it failed"
    assert cluster.stable() == before

    repository.write("stacks/shop.yml", stack(image, "shop", instances=3))
    repository.commit("Mend the shop")
    cluster.wait_running("shop/web", 3)
    cluster.wait_running("blog/web", 5)
    wait_until("the source is in sync", lambda: "synced" in cluster.source() and "shop.yml:" not in cluster.source(), 20)


def test_an_upload_of_a_broken_stack_file_says_where_and_why(cluster):
    failed = cluster.apply("stack: shop\nservices:\n  web:\n    image: x\n    instanzen: 3\n", check=False)
    assert failed.code == 1
    assert ".yml:5" in failed.text and "instanzen" in failed.text
    assert not cluster.containers()
