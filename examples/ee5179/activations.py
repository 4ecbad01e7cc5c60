"""Activations: what both convolutions compute for chosen digits.

You will see the 32 maps of conv1 for the digits 1, 5 and 7, and those of conv2 for 2, 4 and 6,
before and after batch norm and ReLU; and, measured on test images, what changes in the deeper
layer. Takes seconds once the net is trained.
"""
import minitorch_cnn as mt
from minitorch_cnn import plot
from minitorch_cnn.interpret import activations

from activation_measures import measured, told_apart
from common import loaders, run_alone, test_images
from nets import here, net_of

DIGITS = {1: (1, 5, 7), 2: (2, 4, 6)}  # of report2019, by layer
SEES = {1: 3, 2: 8}                    # pixels a side of the image, for a place of the layer's maps


def study(s, report):
    model = net_of(s)
    report.section("Activations")
    for layer, digits in DIGITS.items():
        for image, digit in zip(test_images(s, digits), digits):
            stages = stages_of(model, here(s, image), layer)
            report.figure(plot.draw_activations(stages, image, None, 16, size=0.42),
                          f"{len(stages)} times 32 activation maps of conv{layer}, and the digit",
                          f"conv{layer} for a {digit}: after {', then '.join(stages)}.")
    images, labels = (batch.data for batch in next(iter(loaders(s, 500)[2])))
    found = {}
    for layer in DIGITS:
        maps = mt.Tensor(stages_of(model, here(s, images), layer)[f"relu{layer}"]).cpu().numpy()
        found[layer] = measured(maps, images, labels)
    from_pixels = 100 * told_apart(images, labels)
    table(report, found, from_pixels, len(labels))
    report.question("What changes in the deeper layer?", answer(found, from_pixels))
    return found


def stages_of(model, images, layer):
    """Maps after the convolution, batch norm (where there is one) and ReLU, by their names."""
    there = dict(model.named_modules())
    names = [f"{kind}{layer}" for kind in ("conv", "bn", "relu")]
    return activations(model, images, [name for name in names if name in there])


def table(report, found, from_pixels, count):
    rows = [("pixels", 28, 1, None, 1.0, from_pixels)]
    rows += [(f"conv{layer}", f["side"], SEES[layer], f["zeros"], f["like"], f["told"])
             for layer, f in found.items()]
    report.table(("layer", "places a side", "each sees a side", "zeros in %",
                  "likeness to the image", "told apart in %"), rows, digits=2, caption=(
        f"Maps after ReLU of {count} test images. Likeness: the mean |correlation| of a map with "
        "the image. Told apart: how many of one half of the images are nearest to the mean of "
        "their own class in the other half."))


def answer(found, from_pixels):
    first, second = found[1], found[2]

    def change(name, digits, unit, more, less):
        word = more if second[name] > first[name] else less
        return (f"{word} ({first[name]:.{digits}f}{unit} in conv1, {second[name]:.{digits}f}{unit} "
                "in conv2)")

    return (f"The maps are coarser: {first['side']} places a side become {second['side']}, and "
            f"each sees {SEES[2]} pixels a side instead of {SEES[1]}. Their likeness to the image "
            f"is {change('like', 2, '', 'larger', 'smaller')}: conv1 draws the digit and its "
            "outline as seen from several sides, conv2 marks where a stroke of some direction, an "
            f"end or a bend is. Zeros are {change('zeros', 0, ' %', 'more frequent', 'rarer')}. "
            f"The digits are told apart {change('told', 0, ' %', 'better', 'no better')}: so many "
            "images are nearest to the mean of their own class, where pixels alone give "
            f"{from_pixels:.0f} %.")


if __name__ == "__main__":
    run_alone(__doc__, study)
