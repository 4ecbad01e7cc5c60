import numpy as np
import pytest
from figures import check_apart, check_texts, images, pixel, rendered

import minitorch_cnn as mt
from minitorch_cnn.plot import draw_activations, draw_filters, draw_images, draw_predictions

ORANGE = (213, 94, 0)


def shown(figure):
    return images(figure)


@pytest.mark.parametrize("count", [1, 2, 7, 20])
def test_one_to_many_images(rng, count):
    figure = draw_images(rng.random((count, 1, 9, 7)), columns=8, dpi=60)
    assert len(shown(figure)) == count
    columns = {image.get_extent()[0] for image in shown(figure)}
    assert len(columns) == min(count, 8)


def test_pixels_have_their_values():
    x = np.zeros((1, 1, 4, 4))
    x[0, 0, 1, 2], x[0, 0, 3, 0] = 1, 0.5
    figure = draw_images(x)
    image = shown(figure)[0]
    assert pixel(figure, image, 0, 0) == (0, 0, 0)
    assert pixel(figure, image, 1, 2) == (255, 255, 255)
    assert pixel(figure, image, 3, 0) == (128, 128, 128)


def test_color_uint8_tensors_and_mixed_sizes(rng):
    red = np.zeros((3, 4, 6))
    red[0] = 1
    grey = np.full((5, 5), 51, np.uint8)
    figure = draw_images([mt.Tensor(red), grey])
    first, second = shown(figure)
    assert pixel(figure, first, 2, 3) == (255, 0, 0)
    assert pixel(figure, second, 2, 2) == (51, 51, 51)
    left, right, bottom, top = first.get_extent()
    assert (right - left) / (bottom - top) == pytest.approx(6 / 4)


def test_captions_are_never_cut_nor_overlap(rng):
    captions = [f"a rather long caption, number {i}\nand a second line, $5" for i in range(9)]
    figure = draw_images(rng.random((9, 1, 8, 8)), captions, columns=3,
                         title="A title that is much longer than the three small pictures " * 2)
    assert set(captions) <= check_texts(figure)
    check_apart(figure, lambda text: text in captions)


def test_nan_is_hatched_and_infinities_are_ends():
    x = np.zeros((1, 8, 8))
    x[0, 2:6, 2:6] = np.nan
    x[0, 7, 7] = np.inf
    figure = draw_images([x], scale="shared", size=2)
    image = shown(figure)[0]
    assert pixel(figure, image, 7, 7) == (255, 255, 255)
    height, width = rendered(figure).shape[:2]
    middle = rendered(figure)[height // 2 - 20:height // 2 + 20, width // 2 - 20:width // 2 + 20]
    assert {(255, 255, 255), (184, 184, 184)} <= {tuple(map(int, p)) for row in middle for p in row}
    draw_images([np.full((3, 4, 4), np.nan)], scale="private")


def test_private_scale_stretches_each_and_a_constant_is_grey():
    x = np.stack([np.linspace(0, 0.1, 16).reshape(4, 4), np.full((4, 4), 7.0)])
    figure = draw_images(x, scale="private", bar="value")
    first, second = shown(figure)[:2]
    assert pixel(figure, first, 0, 0) == (0, 0, 0)
    assert pixel(figure, first, 3, 3) == (255, 255, 255)
    assert pixel(figure, second, 1, 1)[0] in (127, 128)
    assert {"min", "max", "value, each on its own scale"} <= check_texts(figure)


@pytest.mark.parametrize("arguments, message", [
    ((np.zeros((0, 1, 4, 4)),), "no image was given"),
    ((np.zeros((2, 2, 4, 4)),), r"must have shape \(H, W\).*got \(2, 4, 4\)"),
    ((np.zeros((2, 1, 0, 4)),), "has no pixels"),
    ((np.zeros((2, 1, 4, 4)), ["one"]), "2 images but 1 captions"),
    ((np.zeros((2, 1, 4, 4)), None, 0), "columns must be at least 1, got 0"),
])
def test_bad_images_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw_images(*arguments)


def test_predictions_mark_what_is_wrong(rng):
    p = np.array([[0.9, 0.1], [0.99999, 0.00001], [0.25, 0.75]])
    figure = draw_predictions(rng.random((3, 1, 6, 6)), [0, 1, 1], [0, 0, 1], p)
    texts = check_texts(figure)
    assert texts == {"true 0\npredicted 0 (90.0 %)", "true 1 (0.0 %)\n✗ predicted 0 (> 99.9 %)",
                     "true 1\npredicted 1 (75.0 %)"}
    picture = rendered(figure).reshape(-1, 3)
    assert (picture == ORANGE).all(axis=1).sum() > 300  # a frame
    right = rendered(draw_predictions(rng.random((1, 1, 6, 6)), [1], [1])).reshape(-1, 3)
    assert not (right == ORANGE).all(axis=1).any()


def test_predictions_with_names_and_without_probabilities(rng):
    figure = draw_predictions(rng.random((2, 3, 6, 6)), mt.tensor([0, 1]), np.array([1, 1]),
                              class_names=["Staffordshire Bull Terrier", "cat"])
    assert check_texts(figure) == {"true Staffordshire Bull Terrier\n✗ predicted cat",
                                   "true cat\npredicted cat"}
    figure = draw_predictions(rng.random((1, 1, 6, 6)), [3], [3], [1.0])
    assert check_texts(figure) == {"true 3\npredicted 3 (100.0 %)"}


def test_predictions_that_do_not_fit_are_refused(rng):
    x = rng.random((2, 1, 4, 4))
    with pytest.raises(ValueError, match="2 images, 1 labels and 2 predictions"):
        draw_predictions(x, [1], [1, 2])
    with pytest.raises(ValueError, match=r"with N = 2, got \(3, 10\)"):
        draw_predictions(x, [1, 2], [1, 2], np.zeros((3, 10)))


def test_filters_stand_in_eight_columns_with_a_shared_bar(rng):
    weights = rng.normal(size=(32, 1, 3, 3))
    figure = draw_filters(mt.Tensor(weights), title="conv1")
    filters = shown(figure)[:32]
    assert len({image.get_extent()[0] for image in filters}) == 8
    assert {image.get_clim() for image in filters} == {(weights.min(), weights.max())}
    assert {"weight", "0", "31", "conv1"} <= check_texts(figure)
    private = shown(draw_filters(weights, scale="private"))[:32]
    assert private[5].get_clim() == (weights[5].min(), weights[5].max())


def test_color_filters_are_stretched_each(rng):
    weights = rng.normal(size=(4, 3, 5, 5))
    weights[2] = 0.3  # constant: no division by zero
    figure = draw_filters(weights, columns=2)
    arrays = [image.get_array() for image in shown(figure)]
    assert [(a.min(), a.max()) for a in arrays[:2]] == [(0, 1)] * 2
    assert np.allclose(arrays[2], 0.5)
    assert "weight" not in check_texts(figure)


@pytest.mark.parametrize("shape, message", [
    ((4, 32, 3, 3), r"32 input channels.*choose one, as in weights\[:, 4\]"),
    ((3, 3), r"shape \(F, C, KH, KW\) or \(F, KH, KW\), got \(3, 3\)")])
def test_filters_of_many_channels_are_refused(shape, message):
    with pytest.raises(ValueError, match=message):
        draw_filters(np.zeros(shape))


def test_channels_of_a_stage_share_a_scale(rng):
    maps = rng.normal(size=(5, 8, 8))
    figure = draw_activations({"before": maps, "after ReLU": np.maximum(maps, 0)},
                              image=rng.random((1, 16, 16)), columns=3)
    pictures = shown(figure)
    assert len(pictures) == 11 and len(figure.axes) == 3  # the board and two bars
    assert pictures[0].get_clim() == (0, 1) and pictures[0].get_cmap().name == "gray"
    assert {i.get_clim() for i in pictures[1:6]} == {(maps.min(), maps.max())}
    assert {i.get_clim() for i in pictures[6:]} == {(0, maps.max())}
    assert {"before", "after ReLU", "the image", "activation", "4"} <= check_texts(figure)
    assert len(shown(draw_activations(mt.Tensor(maps[:1])))) == 1


def test_activations_of_a_batch_are_refused():
    with pytest.raises(ValueError, match=r"got \(2, 5, 8, 8\); choose an image, as in maps\[0\]"):
        draw_activations(np.zeros((2, 5, 8, 8)))
