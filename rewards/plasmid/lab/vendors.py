"""The limits of DNA vendors, by product, from `vendors.yaml`."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from rewards.config import StrictModel
from rewards.files.yaml_file import read_yaml
from rewards.nearest import unknown_key_message
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.lab.limits import AnyLimit, Violation

FILE = Path(__file__).parent / "vendors.yaml"


class UnknownProductError(ValueError):
    """No vendor product has that name."""


class Source(StrictModel):
    """Where numbers come from."""

    page: str
    """Title of the vendor's page or document."""
    url: str
    """Its address."""
    date: Annotated[str, Field(pattern=r"^\d{4}(-\d\d){0,2}$")]
    """Date of the document, or latest date or year in which the page was read."""
    readings: int
    """Number of public texts by different authors that give its numbers."""


class ProductEntry(StrictModel):
    """A product in the file."""

    name: str
    limits: tuple[AnyLimit, ...]


class VendorEntry(StrictModel):
    """A vendor in the file; its limits hold for all of its products."""

    name: str
    limits: tuple[AnyLimit, ...] = ()
    products: dict[str, ProductEntry]


class VendorFile(StrictModel):
    """The content of `vendors.yaml`."""

    sources: dict[str, Source]
    vendors: dict[str, VendorEntry]

    @model_validator(mode="after")
    def _sources_are_known(self) -> Self:
        for vendor in self.vendors.values():
            for limits in (vendor.limits, *(product.limits for product in vendor.products.values())):
                for limit in limits:
                    if limit.source not in self.sources:
                        raise ValueError(unknown_key_message("source", limit.source, self.sources))
        return self


@dataclass(frozen=True)
class Product:
    """What a vendor sells, with its limits.

    Attributes:
        name: Vendor and product, such as `Twist Bioscience Clonal Genes`.
        limits: The limits, each with its source.
    """

    name: str
    limits: tuple[tuple[AnyLimit, Source], ...]

    def violations(self, annotation: Annotation) -> list[Violation]:
        """The limits that a molecule breaks, each at its worst place.

        Unknown letters are left out of all measurements. The whole molecule is taken as one order: of a clone
        in a vector of the vendor's, check the insert only.
        """
        measured = ((limit.violation(annotation), source) for limit, source in self.limits)
        return [replace(found, source=source.url) for found, source in measured if found is not None]


@cache
def products() -> dict[str, Product]:
    """The products by their names in suites, such as `twist-clonal`, in the order of the file."""
    file = VendorFile.model_validate(read_yaml(FILE))
    return {
        f"{vendor_key}-{key}": Product(
            f"{vendor.name} {product.name}",
            tuple((limit, file.sources[limit.source]) for limit in (*product.limits, *vendor.limits)),
        )
        for vendor_key, vendor in file.vendors.items()
        for key, product in vendor.products.items()
    }


def product_named(name: str) -> Product:
    """The product of that name.

    Raises:
        UnknownProductError: If there is none; the message names the nearest.
    """
    if name not in products():
        raise UnknownProductError(unknown_key_message("vendor product", str(name), products()))
    return products()[name]
