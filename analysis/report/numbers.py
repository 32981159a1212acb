"""Numbers as the report shows them."""


def shown_number(value: float | None) -> str:
    """`value` with four digits after the point; a dash if there is none."""
    return "–" if value is None else f"{value:.4f}"
