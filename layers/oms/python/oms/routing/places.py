"""Where an address lies, roughly: good enough to tell near from far, with no service to ask.

Figures are degrees north and east of the place where most people of the area live, to a
tenth of a degree (11 km). Postal areas follow the public numbering plans of the posts.
"""

from __future__ import annotations

from functools import cache
from math import asin, cos, radians, sin, sqrt

Position = tuple[float, float]  # latitude, longitude in degrees, WGS 84

_EARTH_RADIUS_M = 6_371_009

_COUNTRIES = """
AE 25.1 55.2 AR -34.6 -58.7 AT 48.0 15.5 AU -33.5 149.0 BE 50.9 4.4 BG 42.7 24.0 BR -22.5 -46.0
CA 45.0 -77.0 CH 47.1 8.2 CL -33.4 -70.7 CN 32.0 116.0 CO 5.0 -74.5 CY 35.0 33.2 CZ 49.9 15.2
DE 50.8 9.6 DK 55.7 11.5 EE 59.2 25.2 ES 40.0 -3.0 FI 61.0 24.9 FR 47.5 2.4 GB 52.4 -1.3
GG 49.5 -2.6 GI 36.1 -5.4 GR 38.3 23.3 HK 22.3 114.2 HR 45.5 16.1 HU 47.3 19.2 ID -6.8 108.0
IE 53.2 -6.9 IL 32.0 34.9 IM 54.2 -4.5 IN 22.5 78.5 IS 64.2 -21.5 IT 42.9 12.1 JE 49.2 -2.1
JP 35.4 137.5 KR 36.8 127.6 LI 47.2 9.5 LT 55.2 24.2 LU 49.6 6.1 LV 56.9 24.4 MC 43.7 7.4
MT 35.9 14.4 MX 20.5 -100.0 MY 3.4 102.0 NL 52.1 5.1 NO 60.2 9.9 NZ -39.0 175.5 PE -11.0 -76.5
PH 13.5 121.5 PL 51.8 19.4 PT 39.7 -8.6 RO 45.6 25.4 RS 44.5 20.6 SA 24.0 44.0 SE 58.6 15.6
SG 1.3 103.8 SI 46.1 14.8 SK 48.6 19.0 TH 14.5 100.8 TR 39.8 32.0 TW 24.3 120.9 UA 49.0 31.5
US 39.0 -91.0 VN 15.5 106.5 ZA -27.5 28.0
PR 18.3 -66.2 VI 18.3 -64.9 GU 13.5 144.8 AS -14.3 -170.7 MP 15.2 145.7
"""

# First and last three digits of ZIP codes, their state, its position there.
_ZIPS = """
005 005 NY 40.8 -73.0 006 007 PR 18.3 -66.2 008 008 VI 18.3 -64.9 009 009 PR 18.4 -66.1
010 013 MA 42.2 -72.6 014 027 MA 42.3 -71.2 028 029 RI 41.8 -71.4 030 038 NH 43.1 -71.5
039 049 ME 44.1 -69.9 050 059 VT 44.2 -72.8 060 069 CT 41.6 -72.8 070 079 NJ 40.8 -74.2
080 087 NJ 39.9 -74.8 088 089 NJ 40.5 -74.5 090 098 NY 40.7 -74.0 100 119 NY 40.7 -73.9
120 139 NY 42.8 -74.8 140 149 NY 42.9 -78.2 150 168 PA 40.5 -79.6 169 188 PA 41.0 -76.3
189 196 PA 40.1 -75.3 197 199 DE 39.5 -75.6 200 205 DC 38.9 -77.0 206 219 MD 39.2 -76.8
220 223 VA 38.8 -77.3 224 239 VA 37.3 -76.9 240 246 VA 37.2 -80.2 247 268 WV 38.7 -80.9
270 289 NC 35.6 -79.4 290 299 SC 34.1 -80.9 300 319 GA 33.5 -84.2 320 326 FL 29.8 -82.2
327 329 FL 28.5 -81.2 330 334 FL 26.2 -80.3 335 339 FL 27.7 -82.3 340 340 FL 25.8 -80.3
341 349 FL 27.2 -81.5 350 369 AL 33.1 -86.8 370 385 TN 35.8 -86.7 386 397 MS 32.6 -89.6
398 399 GA 33.7 -84.4 400 427 KY 37.9 -85.2 430 459 OH 40.3 -82.6 460 479 IN 40.0 -86.2
480 499 MI 42.7 -84.2 500 528 IA 41.9 -93.2 530 549 WI 43.5 -88.9 550 567 MN 45.1 -93.6
569 569 DC 38.9 -77.0 570 577 SD 43.9 -98.4 580 588 ND 47.2 -99.0 590 599 MT 46.5 -111.4
600 629 IL 41.5 -88.5 630 658 MO 38.5 -92.1 660 679 KS 38.6 -96.6 680 693 NE 41.1 -97.4
700 714 LA 30.6 -91.4 716 729 AR 35.0 -92.5 730 732 OK 35.4 -97.6 733 733 TX 30.3 -97.7
734 749 OK 35.7 -96.2 750 769 TX 32.6 -97.0 770 778 TX 29.8 -95.4 779 785 TX 28.5 -98.3
786 789 TX 30.3 -97.8 790 799 TX 32.6 -102.1 800 816 CO 39.6 -104.9 820 831 WY 42.6 -106.8
832 838 ID 43.9 -115.6 840 847 UT 40.6 -111.9 850 865 AZ 33.4 -111.9 870 884 NM 35.1 -106.5
885 885 TX 31.8 -106.4 889 898 NV 36.9 -115.7 900 918 CA 34.0 -118.2 919 921 CA 32.8 -117.1
922 928 CA 33.8 -117.5 930 935 CA 35.0 -119.2 936 939 CA 36.8 -120.2 940 954 CA 37.7 -122.2
955 961 CA 38.8 -121.4 962 966 HI 21.3 -157.9 967 968 HI 21.3 -157.9 969 969 GU 13.5 144.8
970 979 OR 44.9 -122.6 980 994 WA 47.5 -121.9 995 999 AK 61.3 -149.5
"""

# By country: the first letters or digits of a postal code and the area's position. The longest
# that fits counts.
_POSTAL_AREAS = {
    "CA": """A 48.2 -53.6 B 44.9 -63.4 C 46.3 -63.1 E 46.2 -66.0 G 47.0 -71.3 H 45.5 -73.6
        J 45.6 -73.7 K 44.9 -76.0 L 43.6 -79.5 M 43.7 -79.4 N 43.1 -81.0 P 46.9 -81.8
        R 49.9 -97.3 S 51.3 -106.0 T 52.3 -113.8 V 49.4 -122.6 X 62.6 -114.0 Y 60.7 -135.1""",
    "DE": """0 51.2 12.9 1 52.7 13.2 2 53.6 9.7 3 52.0 9.8 4 51.7 7.3 5 50.7 7.1 6 49.8 8.3
        7 48.6 8.9 8 48.1 11.4 9 49.8 11.3""",
    "FR": """06 43.7 7.2 13 43.4 5.3 31 43.6 1.4 33 44.8 -0.6 34 43.6 3.9 35 48.1 -1.7
        38 45.2 5.7 44 47.2 -1.6 59 50.5 3.1 67 48.6 7.7 69 45.8 4.8 75 48.9 2.4 76 49.5 0.9
        77 48.7 2.8 78 48.8 2.0 91 48.6 2.3 92 48.9 2.2 93 48.9 2.5 94 48.8 2.5 95 49.0 2.2
        20 42.1 9.0""",
    "GB": """AB 57.2 -2.2 AL 51.8 -0.3 B 52.5 -1.9 BA 51.3 -2.4 BB 53.8 -2.4 BD 53.8 -1.8
        BH 50.8 -1.9 BL 53.6 -2.4 BN 50.8 -0.2 BR 51.4 0.1 BS 51.4 -2.7 BT 54.6 -6.2
        CA 54.7 -3.1 CB 52.2 0.2 CF 51.6 -3.3 CH 53.3 -3.0 CM 51.8 0.5 CO 51.9 1.0 CR 51.4 -0.1
        CT 51.3 1.2 CV 52.4 -1.5 CW 53.1 -2.4 DA 51.4 0.2 DD 56.5 -3.0 DE 52.9 -1.5 DG 55.0 -3.8
        DH 54.8 -1.6 DL 54.4 -1.7 DN 53.5 -0.9 DT 50.7 -2.4 DY 52.4 -2.1 E 51.5 0.0
        EC 51.5 -0.1 EH 55.9 -3.2 EN 51.7 -0.1 EX 50.8 -3.7 FK 56.0 -3.8 FY 53.9 -3.0
        G 55.9 -4.3 GL 51.8 -2.2 GU 51.2 -0.7 HA 51.6 -0.3 HD 53.6 -1.8 HG 54.0 -1.5
        HP 51.7 -0.7 HR 52.1 -2.7 HS 58.2 -6.4 HU 53.8 -0.4 HX 53.7 -1.9 IG 51.6 0.1
        IP 52.2 1.1 IV 57.5 -4.5 KA 55.5 -4.6 KT 51.4 -0.3 KW 58.7 -3.2 KY 56.2 -3.2
        L 53.4 -2.9 LA 54.1 -2.9 LD 52.2 -3.3 LE 52.6 -1.2 LL 53.1 -3.7 LN 53.2 -0.4
        LS 53.8 -1.5 LU 51.9 -0.4 M 53.5 -2.3 ME 51.3 0.5 MK 52.0 -0.7 ML 55.8 -3.9
        N 51.6 -0.1 NE 55.0 -1.7 NG 53.0 -1.1 NN 52.3 -0.9 NP 51.7 -3.1 NR 52.6 1.3
        NW 51.5 -0.2 OL 53.5 -2.1 OX 51.8 -1.3 PA 55.8 -5.0 PE 52.6 0.0 PH 56.6 -3.8
        PL 50.4 -4.4 PO 50.8 -1.1 PR 53.8 -2.7 RG 51.4 -1.1 RH 51.1 -0.2 RM 51.6 0.2
        S 53.4 -1.4 SA 51.8 -4.3 SE 51.5 -0.1 SG 51.9 -0.2 SK 53.4 -2.1 SL 51.5 -0.6
        SM 51.4 -0.2 SN 51.5 -2.0 SO 51.0 -1.4 SP 51.1 -1.7 SR 54.9 -1.4 SS 51.6 0.7
        ST 52.9 -2.1 SW 51.5 -0.2 SY 52.6 -3.0 TA 51.0 -3.1 TD 55.7 -2.4 TF 52.7 -2.5
        TN 51.1 0.4 TQ 50.4 -3.6 TR 50.2 -5.2 TS 54.6 -1.2 TW 51.4 -0.4 UB 51.5 -0.4
        W 51.5 -0.2 WA 53.4 -2.6 WC 51.5 -0.1 WD 51.7 -0.4 WF 53.7 -1.5 WN 53.5 -2.6
        WR 52.2 -2.2 WS 52.7 -1.9 WV 52.6 -2.2 YO 54.0 -0.9 ZE 60.3 -1.3""",
    "IT": """0 41.9 12.6 07 40.8 8.6 08 40.2 9.3 09 39.3 9.0 1 44.8 8.0 2 45.6 9.3 3 45.6 11.9
        4 44.5 11.2 5 43.6 11.1 6 42.9 13.7 7 40.9 16.8 8 40.3 15.1 9 37.7 14.2""",
    "ES": """07 39.6 2.9 08 41.4 2.1 15 43.2 -8.4 28 40.4 -3.7 29 36.7 -4.5 35 28.1 -15.4
        38 28.4 -16.4 41 37.4 -5.9 46 39.5 -0.5 48 43.3 -2.9 50 41.6 -0.9""",
    "NL": """1 52.4 4.9 2 52.1 4.4 3 52.0 4.8 4 51.6 4.5 5 51.5 5.5 6 51.6 5.9 7 52.3 6.4
        8 52.8 5.9 9 53.1 6.6""",
    "BE": "1 50.8 4.4 2 51.2 4.6 3 51.0 5.2 4 50.6 5.7 5 50.3 4.9 6 50.2 4.9 7 50.5 3.9 8 51.0 3.1 "
    "9 51.0 3.8",
    "AT": "1 48.2 16.4 2 48.1 16.3 3 48.3 15.3 4 48.2 14.0 5 47.7 13.1 6 47.3 10.9 7 47.6 16.4 "
    "8 47.1 15.3 9 46.7 13.8",
    "CH": "1 46.4 6.7 2 47.1 7.0 3 46.9 7.5 4 47.5 7.7 5 47.4 8.2 6 46.9 8.5 7 46.8 9.6 8 47.4 8.6 "
    "9 47.4 9.4",
    "PL": "0 52.3 21.0 1 53.5 21.9 2 51.1 21.8 3 50.0 20.6 4 50.4 18.7 5 51.1 16.8 6 52.2 16.7 "
    "7 53.8 15.4 8 54.1 18.4 9 51.7 19.3",
    "SE": "1 59.3 18.0 2 55.8 13.3 3 57.0 13.5 4 57.8 12.1 5 57.9 14.6 6 58.8 15.6 7 59.9 16.0 "
    "8 61.6 16.2 9 64.6 19.5",
    "AU": "0 -12.6 131.0 2 -33.7 150.9 3 -37.8 145.0 4 -26.7 152.6 5 -34.9 138.7 6 -31.9 116.0 "
    "7 -42.2 147.1",
}


def position(country: str, region: str, postal_code: str) -> Position | None:
    """The position of an address, as near as its parts tell; None for an unknown country.

    `country` is ISO 3166-1 alpha-2. The postal code counts most, then a state's code, then
    the country alone.
    """
    country, code = country.strip().upper(), _compact(postal_code)
    if country == "US":
        return _zips().get(code[:3]) or _states().get(_compact(region)) or _countries()["US"]
    return _postal_area(country, code) or _countries().get(country)


def metres(here: Position, there: Position) -> int:
    """The great-circle distance (haversine), in whole metres so that equal means equal."""
    north, south = radians(here[0]), radians(there[0])
    east = radians(there[1] - here[1])
    chord = sin((south - north) / 2) ** 2 + cos(north) * cos(south) * sin(east / 2) ** 2
    return round(2 * _EARTH_RADIUS_M * asin(sqrt(min(chord, 1.0))))


def _compact(text: str) -> str:
    return "".join(letter for letter in text.upper() if letter.isalnum())


def _postal_area(country: str, code: str) -> Position | None:
    areas = _areas(country)
    fitting = (areas[code[:length]] for length in (2, 1) if code[:length] in areas)
    return next(fitting, None)


@cache
def _areas(country: str) -> dict[str, Position]:
    words = _POSTAL_AREAS.get(country, "").split()
    return {words[at]: _degrees(words, at + 1) for at in range(0, len(words), 3)}


@cache
def _countries() -> dict[str, Position]:
    words = _COUNTRIES.split()
    return {words[at]: _degrees(words, at + 1) for at in range(0, len(words), 3)}


@cache
def _zips() -> dict[str, Position]:
    words = _ZIPS.split()
    return {
        f"{prefix:03d}": _degrees(words, at + 3)
        for at in range(0, len(words), 5)
        for prefix in range(int(words[at]), int(words[at + 1]) + 1)
    }


@cache
def _states() -> dict[str, Position]:
    """Each state by its largest run of ZIP codes."""
    words = _ZIPS.split()
    rows = [words[at : at + 5] for at in range(0, len(words), 5)]
    rows.sort(key=lambda row: int(row[1]) - int(row[0]))
    return {row[2]: _degrees(row, 3) for row in rows}


def _degrees(words: list[str], at: int) -> Position:
    return float(words[at]), float(words[at + 1])
