"""The device that a network is fitted on: a GPU where this build of TensorFlow sees one, else the CPU.

Nothing is placed by hand; TensorFlow takes a GPU by itself. Numbers stay float32: mixed precision would change results.
"""

import platform

import tensorflow as tf


def has_gpu() -> bool:
    """TensorFlow sees a GPU that it can use."""
    return bool(tf.config.list_physical_devices("GPU"))


def device_name() -> str:
    """The device as people know it, such as `NVIDIA A100-SXM4-40GB`, or the machine type of the CPU."""
    for gpu in tf.config.list_physical_devices("GPU"):
        return str(tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name))
    return f"CPU {platform.machine()}"
