"""One verdict per molecule: may it be ordered, and if not, what is wrong where."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.engine.bases import encode
from rewards.plasmid.lab.hairpins import LOOP, STEM, find_hairpins
from rewards.plasmid.lab.limits import Violation, unknown_letters
from rewards.plasmid.lab.runs import end_of
from rewards.plasmid.lab.sites import find_sites, refuse_unclear_lists, site_spans, sites_text
from rewards.plasmid.lab.vendors import product_named


@dataclass(frozen=True, slots=True)
class LabVerdict:
    """The result of a molecule.

    Attributes:
        vendor: The vendor product whose limits were checked, if any.
        violations: What is wrong, each thing once, at its worst place.
    """

    vendor: str | None
    violations: tuple[Violation, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.violations

    @property
    def reason(self) -> str:
        """What is wrong, in one line; empty if nothing is."""
        return "; ".join(violation.message for violation in self.violations)

    def as_json(self) -> dict[str, Any]:
        """The verdict as JSON data."""
        return {
            "vendor": self.vendor,
            "passed": self.passed,
            "violations": [asdict(violation) for violation in self.violations],
        }


def lab_checks(
    molecule: Annotation | str,
    vendor: str | None = None,
    avoid_sites: Sequence[str] = (),
    single_sites: Sequence[str] = (),
    circular: bool = True,
) -> LabVerdict:
    """The verdict on one molecule: unknown letters, hairpins, sites, and the limits of a vendor's product.

    Args:
        molecule: An annotated molecule, or its sequence.
        vendor: A vendor product, such as `twist-clonal`.
        avoid_sites: Enzymes that must have no site.
        single_sites: Enzymes that must have exactly one site.
        circular: Whether the ends of a sequence are joined. An annotation says so itself.

    Raises:
        UnknownProductError: If there is no such product.
        UnknownEnzymeError: If there is no such enzyme.
        ValueError: If an enzyme is named twice.
    """
    refuse_unclear_lists(avoid_sites, single_sites)
    if isinstance(molecule, str):
        molecule = Annotation(encode(molecule), circular, ())
    found = [unknown_letters(molecule), *(product_named(vendor).violations(molecule) if vendor else ())]
    found += [_site_violation(molecule, enzyme, 0) for enzyme in avoid_sites]
    found += [_site_violation(molecule, enzyme, 1) for enzyme in single_sites]
    found.append(_hairpin_violation(molecule))
    return LabVerdict(vendor, tuple(violation for violation in found if violation is not None))


def _site_violation(molecule: Annotation, enzyme: str, wanted: int) -> Violation | None:
    sites = find_sites(molecule.codes, enzyme, molecule.circular)
    if len(sites) == wanted:
        return None
    message = f"{sites_text(enzyme, sites)}, {'exactly one' if wanted else 'none'} wanted"
    unwanted = site_spans(sites[wanted:], enzyme, molecule.length)
    stretch = (unwanted[0].start, unwanted[0].end) if unwanted else None
    return Violation("site", len(sites), wanted, message, stretch)


def _hairpin_violation(molecule: Annotation) -> Violation | None:
    found = find_hairpins(molecule.codes, STEM, *LOOP, molecule.circular)
    if not found.count:
        return None
    message = f"hairpin {found.text(molecule.length)} (arms of at most {STEM - 1} bases)"
    stretch = (found.start, end_of(found.start, found.span, molecule.length))
    return Violation("hairpin", found.stem, STEM - 1, message, stretch)
