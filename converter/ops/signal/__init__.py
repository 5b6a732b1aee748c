"""Audio front ends as operators: from int16 samples to the features that a network was trained on, in integers alone.

docs/front-ends.md has the formulas and their error bounds.
"""

from __future__ import annotations

from ..operator import Operator
from .dct import AUDIO_DCT
from .features import AUDIO_FEATURES
from .log_mel import AUDIO_LOG_MEL
from .micro_filters import MICRO_FILTERS
from .micro_gain import MICRO_GAIN
from .micro_log import MICRO_LOG
from .micro_noise import MICRO_NOISE
from .micro_spectrum import MICRO_SPECTRUM
from .peak import AUDIO_PEAK
from .spectrum import AUDIO_SPECTRUM

SIGNAL_OPERATORS: tuple[Operator, ...] = (
    AUDIO_SPECTRUM,
    AUDIO_PEAK,
    AUDIO_LOG_MEL,
    AUDIO_DCT,
    AUDIO_FEATURES,
    MICRO_SPECTRUM,
    MICRO_FILTERS,
    MICRO_NOISE,
    MICRO_GAIN,
    MICRO_LOG,
)
