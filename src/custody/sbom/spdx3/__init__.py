"""SPDX 3 as JSON-LD: a graph of elements, to and from an inventory."""
