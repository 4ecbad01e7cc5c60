"""The layers of the assignment's net: dimensions, parameters, neurons, compared with the sheet."""
from minitorch_cnn.inspect import summary
from minitorch_cnn.models import MnistCNN
from minitorch_cnn.report import Price, Verdict


def study_layers(report):
    """Items 3 to 5, with the totals that torchsummary prints; returns rows for the prices."""
    plain = summary(MnistCNN(), (1, 28, 28))
    normed = summary(MnistCNN(batch_norm=True), (1, 28, 28))
    report.code(str(plain))
    fc, conv = (sum(layer.parameters for layer in plain.layers if layer.type == kind)
                for kind in ("Linear", "Conv2d"))
    exact = [("parameters", plain.parameters, 799_078),
             ("parameters of the convolutions", conv, 9_568),
             ("parameters of the linear layers", fc, 789_510),
             ("parameters with batch norm", normed.parameters, 800_206),
             ("neurons", plain.neurons, 31_870),
             ("neurons of the convolutions", plain.conv_neurons, 31_360),
             ("neurons of the linear layers", plain.linear_neurons, 510)]
    report.verdicts([Verdict(name, ours, sheet, exact=True, digits=0, unit="")
                     for name, ours, sheet in exact], "Counts, compared exactly.", "the sheet")
    report.question("How many parameters and neurons are there, and where?", (
        f"{plain.parameters:,} parameters, {100 * fc / plain.parameters:.1f} % of them in the "
        f"linear layers; {plain.neurons:,} neurons, {100 * plain.conv_neurons / plain.neurons:.1f} "
        "% of them in the convolutions, which use each weight at every place of the image. (A "
        "neuron is an element of a layer's output. report2019 prints 9,564, which counts weights, "
        "and adds them up wrongly.)"))
    forgotten = sum(layer.parameters for layer in normed.layers if "BatchNorm" in layer.type)
    return [Price("report2019: weights counted as neurons, and added wrongly", 9_564,
                  plain.neurons, quantity="neurons", digits=0),
            Price("notebook2023: its counter forgets batch norm", normed.parameters - forgotten,
                  normed.parameters, quantity="parameters of the net with batch norm", digits=0)]
