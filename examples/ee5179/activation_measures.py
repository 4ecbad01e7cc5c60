"""What can be measured on a layer's maps: (N, C, H, W) after ReLU, with their images and labels."""
import numpy as np


def measured(maps, images, labels):
    """Numbers by name."""
    n, channels, h, w = maps.shape
    small = images.reshape(n, 1, h, 28 // h, w, 28 // w).mean((3, 5))  # as large as the maps
    return {"side": h, "zeros": 100 * float((maps == 0).mean()), "like": likeness(maps, small),
            "told": 100 * told_apart(maps, labels)}


def likeness(maps, images):
    """Mean |correlation| of maps with images over places; constant maps are left out."""
    a, b = (x - x.mean((2, 3), keepdims=True) for x in (maps, images))
    norm = np.sqrt((a ** 2).sum((2, 3)) * (b ** 2).sum((2, 3)))
    return float(np.abs((a * b).sum((2, 3))[norm > 0] / norm[norm > 0]).mean())


def told_apart(maps, labels):
    """Share of the second half of the images that is nearest to its class's mean in the first."""
    x, half = maps.reshape(len(maps), -1), len(maps) // 2
    means = np.stack([x[:half][labels[:half] == k].mean(0) for k in range(10)])  # (10, D)
    distance = (means ** 2).sum(1) - 2 * x[half:] @ means.T                      # up to |x|^2
    return float((distance.argmin(1) == labels[half:]).mean())
