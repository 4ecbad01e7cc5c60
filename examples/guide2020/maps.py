"""Maps of images in the plane: t-SNE and PCA, and how well they keep digits together.

t-SNE (van der Maaten and Hinton 2008) places points so that neighbors stay neighbors; PCA projects
on the two directions with the largest variance. Both are scikit-learn's.
"""
import numpy as np

from common import kept


def tsne(s, name, points):
    """(N, 2) for points (N, ...), kept."""
    def compute():
        from sklearn.manifold import TSNE
        flat = np.asarray(points, np.float32).reshape(len(points), -1)
        perplexity = min(30, (len(points) - 1) / 3)
        return {"map": TSNE(2, init="pca", perplexity=perplexity, random_state=0,
                            n_jobs=-1).fit_transform(flat)}
    return np.asarray(kept(s, f"maps/tsne-{name}-{len(points)}", compute)["map"])


def pca(points):
    """((N, 2), share of the variance that both directions have) for points (N, ...)."""
    from sklearn.decomposition import PCA
    model = PCA(2, random_state=0)
    placed = model.fit_transform(np.asarray(points, np.float32).reshape(len(points), -1))
    return placed, float(model.explained_variance_ratio_.sum())


def neighbors_agree(points, classes):
    """Share of points whose nearest neighbor in the map is of the same class."""
    from sklearn.neighbors import NearestNeighbors
    nearest = NearestNeighbors(n_neighbors=2).fit(points).kneighbors(points)[1][:, 1]
    return float((classes[nearest] == classes).mean())


def rectangle(points, classes, digit):
    """(left, bottom, right, top) of a part of the map around the middle of a digit's points."""
    middle = np.median(points[classes == digit], axis=0)
    half = 0.12 * np.ptp(points, axis=0)
    return (*(middle - half), *(middle + half))


def inside(points, box):
    """Which points lie in a rectangle, (N,) of bool."""
    left, bottom, right, top = box
    return ((points >= (left, bottom)) & (points <= (right, top))).all(axis=1)
