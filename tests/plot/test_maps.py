import numpy as np
import pytest
from figures import check_apart, check_texts, images, pixel, rendered

import minitorch_cnn as mt
from minitorch_cnn.plot import draw_confusion, draw_heat_maps, draw_matrix, draw_occlusion


def test_matrix_writes_every_number_in_a_readable_color():
    figure = draw_matrix(np.array([[0.0, 1.0], [0.257, np.nan]]), x_label="column", y_label="row",
                         title="probability", bar="p", cmap="gray")
    assert {"0.00", "1.00", "0.26", "–", "column", "row", "probability", "p"} <= check_texts(figure)
    colors = {text.get_text(): text.get_color() for text in figure.axes[0].texts}
    assert colors["0.00"] == "white" and colors["1.00"] == "black" and colors["–"] == "black"


def test_matrix_of_whole_numbers_long_labels_and_one_cell():
    figure = draw_matrix(np.array([[7]]), bar=None)
    assert "7" in check_texts(figure)
    labels = ["a very long label indeed", "b"]
    figure = draw_matrix(mt.tensor([[1, 12345], [3, 4]]), column_labels=labels, row_labels=labels)
    assert {"12345", "a very long label indeed"} <= check_texts(figure)
    check_apart(figure, lambda text: text.isdigit() or text in labels)


def test_matrix_cells_lie_in_rows_and_columns():
    figure = draw_matrix(np.array([[0.0, 1.0, 1.0], [1.0, 1.0, 0.0]]), cmap="gray", digits=0)
    cells = images(figure)[0]
    assert cells.get_array().shape == (2, 3, 4)
    near = cells.get_array()[..., 0]
    assert near.tolist() == [[0, 1, 1], [1, 1, 0]]


@pytest.mark.parametrize("values, labels, message", [
    (np.zeros(3), None, r"shape \(R, C\), got \(3,\)"),
    (np.zeros((0, 3)), None, r"got \(0, 3\)"),
    (np.zeros((2, 2)), ["a"], "2 rows but 1 row labels")])
def test_bad_matrix_is_refused(values, labels, message):
    with pytest.raises(ValueError, match=message):
        draw_matrix(values, row_labels=labels)


def test_confusion_has_counts_recall_and_precision():
    counts = np.array([[90, 10, 0], [0, 50, 0], [5, 0, 45]])
    figure = draw_confusion(counts, ["cat", "dog", "a rather long name"], "Test")
    texts = check_texts(figure)
    assert {"90", "10", "50", "5", "45", "90.0 %", "100.0 %", "94.7 %", "83.3 %", "92.5 %",
            "recall", "precision", "predicted class", "true class", "Test", "cat"} <= texts
    assert "0" not in texts
    colors = images(figure)[0].get_array()
    blue, orange = colors[0, 0], colors[0, 1]
    assert blue[2] > blue[0] and orange[0] > orange[2]
    assert colors[1, 0].tolist() == [1, 1, 1, 1]


def test_confusion_of_an_absent_class_and_of_no_error():
    texts = check_texts(draw_confusion(np.diag([3, 0])))
    assert "–" in texts and "100.0 %" in texts
    check_texts(draw_confusion(mt.tensor([[0]])))


@pytest.mark.parametrize("counts, message", [(np.zeros((2, 3)), r"\(K, K\), got \(2, 3\)"),
                                             (-np.eye(2), "must not be negative"),
                                             (np.full((2, 2), np.nan), "must not be negative")])
def test_bad_confusion_is_refused(counts, message):
    with pytest.raises(ValueError, match=message):
        draw_confusion(counts)


def test_heat_maps_share_a_scale_or_not(rng):
    maps = [rng.random((9, 7)), 5 * rng.random((4, 4))]
    shared = images(draw_heat_maps(maps, ["a", "b"], bar="p"))
    both = np.concatenate([each.ravel() for each in maps])
    assert {image.get_clim() for image in shared} == {(both.min(), both.max())}
    private = images(draw_heat_maps(maps, scale="private"))
    assert private[0].get_clim() == (maps[0].min(), maps[0].max())
    grouped = draw_heat_maps({"3 x 3": maps, "5 x 5": maps[:1]})
    assert {"3 x 3", "5 x 5"} <= check_texts(grouped) and len(images(grouped)) == 3


def test_occlusion_of_one_image(rng):
    probability = rng.random((10, 6))
    classes = np.full((10, 6), 3)
    classes[4:, 2:] = 8
    tiny = np.zeros((20, 20), int)
    tiny[3, 4] = 1
    assert "1 (< 1 %)" in check_texts(draw_occlusion(np.zeros((1, 9, 9)), tiny / 2, tiny))
    figure = draw_occlusion(rng.random((1, 12, 8)), mt.Tensor(probability), classes,
                            0.9 - probability, "digit 3", title="Occlusion")
    image, shown, kinds, drop = images(figure)
    assert shown.get_clim() == (0, 1)
    assert np.allclose(shown.get_array(), probability)
    low, high = drop.get_clim()
    assert low == -high == -np.abs(0.9 - probability).max()
    assert {"Occlusion", "digit 3", "3 (60 %)", "8 (40 %)", "p(true class)", "drop of p",
            "predicted class", "image"} <= check_texts(figure)
    assert pixel(figure, kinds, 0, 0) == (0x11, 0x77, 0x33)
    assert pixel(figure, kinds, 9, 5) == (0xAA, 0x44, 0x99)


def test_occlusion_of_many_with_nan_and_missing_classes(rng):
    maps = rng.random((3, 8, 8))
    maps[1, 2:5] = np.nan
    maps[2] = np.nan
    classes = np.full((3, 8, 8), -1)
    figure = draw_occlusion(rng.random((3, 3, 8, 8)), list(maps), classes, list(maps),
                            titles=["a", "b", "c"], scale="private")
    assert len(images(figure)) == 12
    assert {"a", "b", "c"} <= check_texts(figure)
    assert {(184, 184, 184), (255, 255, 255)} <= {
        tuple(map(int, p)) for p in rendered(figure).reshape(-1, 3)[::3]}


def test_more_than_ten_classes_share_other(rng):
    names = [f"breed {i}" for i in range(37)]
    classes = np.arange(37 * 4).reshape(4, 37) % 37
    classes[0] = 36
    figure = draw_occlusion(rng.random((3, 8, 8)), rng.random((4, 37)), classes, class_names=names)
    texts = check_texts(figure)
    assert any(text.startswith("breed 36 (") for text in texts)
    assert any(text.startswith("other (") for text in texts)
    assert sum(text.startswith(("breed", "other")) for text in texts) == 10


@pytest.mark.parametrize("arguments, message", [
    ((np.zeros((2, 1, 4, 4)), [np.zeros((3, 3))]), "2 of image, 1 of probability"),
    (([], []), "as many images as maps are needed"),
    ((np.zeros((1, 1, 4, 4)), [np.zeros(3)]), r"map of probability must have shape \(OH, OW\)"),
    ((np.zeros((1, 4, 4)), np.zeros((3, 3)), np.zeros(3)), "map of class must have shape")])
def test_bad_occlusion_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw_occlusion(*arguments)
