import numpy as np
import pytest
from figures import check_apart, check_texts, images, rendered

import minitorch_cnn as mt
from minitorch_cnn.plot import draw_attack, draw_attacks, draw_pairs, draw_trajectory
from minitorch_cnn.plot.attack import PARTS


def four(rng, channels=1):
    clean, other = rng.random((2, channels, 6, 6))
    noise = 0.2 * rng.normal(size=(channels, 6, 6))
    return clean, np.clip(clean + noise, 0, 1), noise, np.clip(other + noise, 0, 1)


def test_attack_is_two_by_two_with_the_noise_around_zero(rng):
    pictures = four(rng)
    figure = draw_attack(*pictures, title="3 → 8")
    clean, attacked, noise, other = images(figure)
    most = np.abs(pictures[2]).max()
    assert noise.get_clim() == (-most, most)
    assert clean.get_clim() == attacked.get_clim() == other.get_clim() == (0, 1)
    assert clean.get_extent()[0] == noise.get_extent()[0] < attacked.get_extent()[0]
    assert clean.get_extent()[2] < noise.get_extent()[2]
    assert {*PARTS, "3 → 8", "noise"} <= check_texts(figure)


def test_attack_in_color_and_with_its_own_scale(rng):
    figure = draw_attack(*map(mt.Tensor, four(rng, 3)), captions="abcd")
    assert len(images(figure)) == 4 and {"a", "b", "c", "d"} <= check_texts(figure)
    wide = [200 * picture for picture in four(rng)]
    clean, attacked, _, other = images(draw_attack(*wide, scale="private"))
    assert clean.get_clim() == (wide[0].min(), wide[0].max())
    assert other.get_clim() == (wide[3].min(), wide[3].max())


def test_several_attacks_are_rows(rng):
    captions = [(f"true {i}", "as 8", "", "as 2") for i in range(3)]
    figure = draw_attacks([four(rng) for _ in range(3)], captions, ["0 → 8", "1 → 8", "2 → 8"])
    assert len(images(figure)) == 12
    texts = check_texts(figure)
    assert {"0 → 8", "true 2", "another image\n+ the same noise"} <= texts
    check_apart(figure, lambda text: "true" in text or "as" in text)
    assert len(images(draw_attacks([four(rng)]))) == 4


def test_bad_attacks_are_refused(rng):
    with pytest.raises(ValueError, match="four pictures"):
        draw_attack(*four(rng), captions=("one",))
    with pytest.raises(ValueError, match="four pictures"):
        draw_attacks([four(rng)[:3]])
    with pytest.raises(ValueError, match="1 attacks, 2 sets of captions and 1 headings"):
        draw_attacks([four(rng)], [PARTS, PARTS])
    with pytest.raises(ValueError, match="nothing to draw"):
        draw_attacks([])


def test_trajectory_is_a_strip_with_steps(rng):
    figure = draw_trajectory(rng.random((5, 1, 6, 6)), [0, 1, 10, 100, 15000], list("abcde"))
    assert len(images(figure)) == 5 and len({i.get_extent()[2] for i in images(figure)}) == 1
    assert {"step 0", "step 15000", "e"} <= check_texts(figure)
    check_apart(figure, lambda text: text.startswith("step"))


def test_trajectories_of_several_classes(rng):
    strips = {"to 3": mt.Tensor(rng.random((4, 1, 6, 6))), "to 5": rng.random((2, 3, 6, 6))}
    figure = draw_trajectory(strips, captions={"to 3": list("abcd")})
    assert len(images(figure)) == 6 and {"to 3", "to 5", "a"} <= check_texts(figure)
    with pytest.raises(ValueError, match="4 images but 2 steps"):
        draw_trajectory(strips, [0, 1])
    with pytest.raises(ValueError, match="nothing to draw"):
        draw_trajectory({})


def test_ninety_pairs_are_ten_rows_of_nine(rng):
    pairs = [(look, target) for look in range(10) for target in range(10) if look != target]
    succeeded = [look != 4 for look, _ in pairs]
    figure = draw_pairs(rng.random((90, 1, 5, 5)), *zip(*pairs), succeeded,
                        rng.random(90), dpi=60)
    shown = images(figure)
    assert len(shown) == 90
    assert len({i.get_extent()[0] for i in shown}) == 9
    assert len({i.get_extent()[2] for i in shown}) == 10
    texts = check_texts(figure)
    assert {"like 0", "like 9"} <= texts
    assert sum(text.startswith("✗ as") for text in texts) == 9
    check_apart(figure, lambda text: "as " in text)


def test_some_pairs_leave_places_empty_and_originals_stand_in_front(rng):
    digits = {0: rng.random((1, 5, 5)), 7: rng.random((1, 5, 5))}
    figure = draw_pairs(mt.Tensor(rng.random((3, 1, 5, 5))), [0, 7, 7], [5, 8, 5],
                        class_names=list("abcdefghij"), originals=digits)
    assert len(images(figure)) == 5
    assert check_texts(figure) == {"like a", "like h", "as f", "as i", "the image"}
    assert rendered(figure).shape[2] == 3


@pytest.mark.parametrize("arguments, message", [
    ((np.zeros((2, 1, 4, 4)), [0], [1, 2]), "2 images, 1 looks_like and 2 predicted_as"),
    ((np.zeros((0, 1, 4, 4)), [], []), "nothing to draw")])
def test_bad_pairs_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw_pairs(*arguments)
