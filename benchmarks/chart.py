"""Bars of instructions beside the peers', as one SVG that is the same for the same figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

#: Colours of Bitwright and of up to two peers, told apart in black and white and by colour-blind readers.
_COLOURS = ("#0b5fa5", "#f0a202", "#8d99ae")


def instruction_chart(figures: Mapping[str, Mapping[str, Mapping[str, int]]], file: Path) -> None:
    """Draw a panel per target, a group per network, a bar per implementation.

    Args:
        figures: instructions of one inference by target, network and implementation.
    """
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "bitwright"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        1, len(figures), figsize=(5 * len(figures), 3.2), squeeze=False, layout="constrained"
    )
    for axis, (target, networks) in zip(axes[0], figures.items(), strict=True):
        names = list(dict.fromkeys(name for network in networks.values() for name in network))
        width = 0.8 / len(names)
        for index, name in enumerate(names):
            places = [place + (index - (len(names) - 1) / 2) * width for place in range(len(networks))]
            millions = [network.get(name, 0) / 1e6 for network in networks.values()]
            bars = axis.bar(places, millions, width, label=name, color=_COLOURS[index % len(_COLOURS)])
            axis.bar_label(bars, [f"{value:.3g}" for value in millions], fontsize=7)
        axis.set_xticks(range(len(networks)), list(networks))
        axis.set_title(target, fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0][0].set_ylabel("million instructions of one inference")
    axes[0][0].legend(frameon=False, fontsize=8)
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)
