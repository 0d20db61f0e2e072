"""Write the hydropathy profile of a protein: ``hydropathy.py --fasta FILE --window 9 …``.

The scales are those of Kyte and Doolittle (1982), where large is water-fearing, and of Hopp and
Woods (1981), where large is water-loving.
"""

import argparse
import csv
import sys

LETTERS = "ARNDCQEGHILKMFPSTWYV"
SCALES = {
    "kyte-doolittle": (
        *(1.8, -4.5, -3.5, -3.5, 2.5, -3.5, -3.5, -0.4, -3.2, 4.5),
        *(3.8, -3.9, 1.9, 2.8, -1.6, -0.8, -0.7, -0.9, -1.3, 4.2),
    ),
    "hopp-woods": (
        *(-0.5, 3.0, 0.2, 3.0, -1.0, 0.2, 3.0, 0.0, -0.5, -1.8),
        *(-1.8, 3.0, -1.3, -2.5, 0.0, 0.3, -0.4, -3.4, -2.3, -1.5),
    ),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fasta", required=True)
    parser.add_argument("--window", type=int, default=9)
    parser.add_argument("--scale", choices=SCALES, default="kyte-doolittle")
    given = parser.parse_args()
    with open(given.fasta) as file:
        sequence = "".join(line.strip() for line in file if not line.startswith(">")).upper()
    values = dict(zip(LETTERS, SCALES[given.scale], strict=True))
    strange = sorted(set(sequence) - set(LETTERS))
    if strange:
        sys.exit(f"{given.scale} has no value for {', '.join(strange)}")
    if len(sequence) < given.window:
        sys.exit(f"the sequence has {len(sequence)} residues, fewer than the window")
    with open("profile.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["position", "residue", "hydropathy"])
        for start in range(len(sequence) - given.window + 1):
            window = sequence[start : start + given.window]
            middle = start + given.window // 2
            mean = sum(values[letter] for letter in window) / given.window
            table.writerow([middle + 1, sequence[middle], round(mean, 3)])


if __name__ == "__main__":
    main()
