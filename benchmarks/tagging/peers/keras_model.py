"""Keras ``predict`` on a ``tf.data.Dataset`` or on a ``PyDataset``.

The same network from keras.applications with random weights, which costs the same.
https://www.tensorflow.org/guide/data_performance, https://keras.io/api/utils/python_utils
"""

import argparse
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from conversation import Prepare, Work, batches, serve

SIZE, BATCH, LABELS = 224, 32, 17


class Pictures(keras.utils.PyDataset):
    """Batches that Pillow opens."""

    def __init__(self, paths: list[str], **settings: Any) -> None:
        super().__init__(**settings)
        self.batches = batches(paths, BATCH)

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, at: int) -> tuple[np.ndarray]:
        opened = [
            keras.utils.img_to_array(
                keras.utils.load_img(path, target_size=(SIZE, SIZE), interpolation="bilinear")
            )
            for path in self.batches[at]
        ]
        return (keras.applications.mobilenet_v2.preprocess_input(np.stack(opened)),)


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", choices=["tf.data", "PyDataset"], required=True)
    parser.add_argument("--ratio", type=int, default=1, help="how much smaller JPEGs are decoded")
    chosen = parser.parse_args()
    serve(lambda: load(chosen))


def load(chosen: argparse.Namespace) -> Prepare:
    """The network, and how it is fed."""
    model = keras.applications.MobileNetV2(
        weights=None, classes=LABELS, classifier_activation="sigmoid"
    )

    def one(path: tf.Tensor) -> tf.Tensor:
        decoded = tf.io.decode_jpeg(tf.io.read_file(path), channels=3, ratio=chosen.ratio)
        resized = tf.image.resize(decoded, (SIZE, SIZE))
        return keras.applications.mobilenet_v2.preprocess_input(resized)

    def data(paths: list[str]) -> Any:
        if chosen.data == "PyDataset":
            # Processes: threads take turns at what Pillow and NumPy do in Python.
            return Pictures(paths, workers=2, use_multiprocessing=True)
        found = tf.data.Dataset.from_tensor_slices(paths)
        return (
            found.map(one, num_parallel_calls=tf.data.AUTOTUNE)
            .batch(BATCH)
            .prefetch(tf.data.AUTOTUNE)
        )

    def prepare(paths: list[str], folder: Path) -> Work:
        def work() -> None:
            scores = model.predict(data(paths), verbose=0)
            assert scores.shape == (len(paths), LABELS)

        return work

    return prepare


if __name__ == "__main__":
    main()
