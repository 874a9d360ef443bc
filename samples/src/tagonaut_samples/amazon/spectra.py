"""Light that the ground of the Amazon throws back: blue, green, red, near-infrared; 0…1."""

from tagonaut_samples.amazon.layers import Spectrum

CANOPY: Spectrum = (0.026, 0.043, 0.030, 0.32)
CANOPY_SHADE: Spectrum = (0.005, 0.012, 0.003, 0.14)
SCRUB: Spectrum = (0.034, 0.062, 0.050, 0.27)
REGROWTH: Spectrum = (0.026, 0.060, 0.032, 0.36)

LUSH_GRASS: Spectrum = (0.040, 0.080, 0.060, 0.36)
GRASS: Spectrum = (0.054, 0.090, 0.080, 0.30)
DRY_GRASS: Spectrum = (0.082, 0.115, 0.132, 0.27)
CROP: Spectrum = (0.036, 0.088, 0.046, 0.42)
STUBBLE: Spectrum = (0.118, 0.150, 0.172, 0.30)

RED_SOIL: Spectrum = (0.085, 0.120, 0.190, 0.29)
BROWN_SOIL: Spectrum = (0.070, 0.094, 0.118, 0.20)
PALE_SOIL: Spectrum = (0.150, 0.195, 0.245, 0.33)
SAND: Spectrum = (0.150, 0.205, 0.250, 0.33)
DIRT_ROAD: Spectrum = (0.125, 0.160, 0.205, 0.30)
RED_ROAD: Spectrum = (0.098, 0.132, 0.205, 0.29)

BLACK_WATER: Spectrum = (0.018, 0.020, 0.016, 0.012)
DARK_WATER: Spectrum = (0.026, 0.036, 0.026, 0.015)
GREEN_WATER: Spectrum = (0.028, 0.052, 0.032, 0.020)
BROWN_WATER: Spectrum = (0.058, 0.080, 0.088, 0.045)
TAN_WATER: Spectrum = (0.088, 0.116, 0.132, 0.060)

MILKY_POOL: Spectrum = (0.160, 0.190, 0.165, 0.080)
TURQUOISE_POOL: Spectrum = (0.120, 0.145, 0.100, 0.040)
OCHRE_POOL: Spectrum = (0.100, 0.135, 0.165, 0.100)

CHAR: Spectrum = (0.020, 0.019, 0.020, 0.055)
ASH: Spectrum = (0.075, 0.082, 0.086, 0.120)
SCORCHED: Spectrum = (0.042, 0.055, 0.064, 0.150)
DEAD_WOOD: Spectrum = (0.075, 0.105, 0.115, 0.230)

ORE: Spectrum = (0.120, 0.165, 0.280, 0.340)
OCHRE: Spectrum = (0.120, 0.185, 0.270, 0.330)
GREY_ROCK: Spectrum = (0.120, 0.142, 0.155, 0.190)
PALE_ROCK: Spectrum = (0.200, 0.240, 0.290, 0.340)

TILES: Spectrum = (0.100, 0.130, 0.220, 0.270)
TIN: Spectrum = (0.330, 0.345, 0.350, 0.370)
GREY_ROOF: Spectrum = (0.170, 0.180, 0.190, 0.220)

YELLOW_BLOSSOM: Spectrum = (0.022, 0.115, 0.125, 0.42)
WHITE_BLOSSOM: Spectrum = (0.110, 0.130, 0.125, 0.42)
CLOUD: Spectrum = (0.450, 0.455, 0.435, 0.470)
