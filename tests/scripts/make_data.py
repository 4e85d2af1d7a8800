"""Small image folders for the scripts that read pictures: coloured shapes as PNG files, one folder a class.

    python make_data.py shapes --size 24 --count 20           shapes/train/circle/000.png, ..., shapes/val/...
    python make_data.py cells --masks --size 32 --count 16    cells/images/000.png and cells/masks/000.png

The pictures depend on nothing but the options: NumPy draws them, Pillow writes them.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

SHAPES = {
    "circle": lambda x, y: x**2 + y**2 < 1,
    "cross": lambda x, y: (np.abs(x) < 0.35) & (np.abs(y) < 1) | (np.abs(y) < 0.35) & (np.abs(x) < 1),
    "square": lambda x, y: (np.abs(x) < 0.8) & (np.abs(y) < 0.8),
    "triangle": lambda x, y: (y < 0.8) & (y > 2 * np.abs(x) - 0.9),
}


def draw(rng, size, shape):
    """One picture, (size, size, 3) bytes, and where in it the shape is."""
    row, column = np.mgrid[:size, :size] / size
    radius = rng.uniform(0.2, 0.33)
    middle_x, middle_y = rng.uniform(0.38, 0.62, 2)
    inside = SHAPES[shape]((column - middle_x) / radius, (row - middle_y) / radius)
    dark, bright = rng.integers(0, 90, 3), rng.integers(140, 256, 3)
    picture = np.where(inside[..., None], bright, dark) + rng.normal(0, 12, (size, size, 3))
    return picture.clip(0, 255).astype(np.uint8), inside


def image_folder(root, size=24, count=20, seed=0):
    """root/train and root/val with a folder for each shape: `count` pictures to learn from, half as many to check."""
    rng = np.random.default_rng(seed)
    for split, pictures in (("train", count), ("val", count // 2)):
        for shape in SHAPES:
            folder = Path(root, split, shape)
            folder.mkdir(parents=True, exist_ok=True)
            for i in range(pictures):
                Image.fromarray(draw(rng, size, shape)[0]).save(folder / f"{i:03d}.png")


def masked_folder(root, size=32, count=16, seed=0):
    """root/images, and root/masks with 255 where the shape is."""
    rng = np.random.default_rng(seed)
    for name in ("images", "masks"):
        Path(root, name).mkdir(parents=True, exist_ok=True)
    for i in range(count):
        picture, inside = draw(rng, size, rng.choice(list(SHAPES)))
        Image.fromarray(picture).save(Path(root, "images", f"{i:03d}.png"))
        Image.fromarray(inside.astype(np.uint8) * 255).save(Path(root, "masks", f"{i:03d}.png"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Draw small image folders.")
    parser.add_argument("root")
    parser.add_argument("--masks", action="store_true", help="images and masks rather than classes")
    parser.add_argument("--size", type=int, default=24)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    (masked_folder if args.masks else image_folder)(args.root, args.size, args.count, args.seed)
