"""What the shop sells: 33 products of five categories, and what is often bought with what."""

from dataclasses import dataclass

BEANS, TEA, MACHINES, ACCESSORIES, BOXES = "Coffee beans", "Tea", "Machines", "Accessories", "Boxes"
CATEGORIES = (BEANS, TEA, MACHINES, ACCESSORIES, BOXES)
PACKED_TO_ORDER = frozenset({BEANS, TEA, BOXES})


@dataclass(frozen=True)
class Product:
    """A product with its list price in cents."""

    name: str
    category: str
    list_price: int
    popularity: float = 1.0
    refund_rate: float = 0.014
    """Chance that a line of it is refunded in part or in full."""

    @property
    def packed_to_order(self) -> bool:
        """Weighed and filled for the order: charged by actual content, so its price varies to the cent."""
        return self.category in PACKED_TO_ORDER


CATALOGUE = (
    Product("Coffee Taster", BEANS, 290, 0.8),
    Product("House Blend 250 g", BEANS, 790, 1.6),
    Product("Espresso Napoli 250 g", BEANS, 890, 1.5),
    Product("Decaf Swiss Water 250 g", BEANS, 990, 0.7),
    Product("Ethiopia Yirgacheffe 250 g", BEANS, 1190, 1.2),
    Product("Colombia Huila 500 g", BEANS, 1690, 1.2),
    Product("House Blend 1 kg", BEANS, 2690, 1.4),
    Product("Espresso Napoli 1 kg", BEANS, 2990, 1.5),
    Product("Guatemala Antigua 1 kg", BEANS, 3490, 0.9),
    Product("Panama Gesha 250 g", BEANS, 4290, 0.4),
    Product("Tea Taster", TEA, 290, 0.8),
    Product("Peppermint 50 g", TEA, 415, 0.8),
    Product("Rooibos Vanilla 100 g", TEA, 590, 1.0),
    Product("Earl Grey 100 g", TEA, 690, 1.3),
    Product("Sencha 100 g", TEA, 1190, 1.0),
    Product("Darjeeling First Flush 100 g", TEA, 1490, 0.9),
    Product("Matcha Ceremonial 30 g", TEA, 2490, 0.8),
    Product("Moka Pot", MACHINES, 3490, 1.6),
    Product("French Press", MACHINES, 3990, 1.3),
    Product("Hand Grinder", MACHINES, 6900, 1.0, refund_rate=0.04),
    Product("Electric Grinder", MACHINES, 10900, 0.8, refund_rate=0.14),
    Product("Espresso Machine Start", MACHINES, 16900, 0.8, refund_rate=0.07),
    Product("Espresso Machine Pro", MACHINES, 32900, 0.6, refund_rate=0.04),
    Product("Filter Papers", ACCESSORIES, 450, 1.5),
    Product("Descaler", ACCESSORIES, 850, 1.0),
    Product("Bamboo Whisk", ACCESSORIES, 1290, 0.6),
    Product("Storage Tin", ACCESSORIES, 1490, 1.0),
    Product("Pour-over Dripper", ACCESSORIES, 2290, 1.0),
    Product("Glass Teapot", ACCESSORIES, 2990, 0.6, refund_rate=0.12),
    Product("Discovery Box", BOXES, 2490, 1.2),
    Product("Espresso Box", BOXES, 3990, 1.0),
    Product("Breakfast Box", BOXES, 5200, 0.7),
    Product("Office Box", BOXES, 6900, 0.6),
)

BY_NAME = {product.name: product for product in CATALOGUE}

COMPANIONS = {
    "Pour-over Dripper": "Filter Papers",
    "Matcha Ceremonial 30 g": "Bamboo Whisk",
    "Moka Pot": "House Blend 250 g",
    "Hand Grinder": "Ethiopia Yirgacheffe 250 g",
    "Electric Grinder": "Espresso Napoli 1 kg",
    "Espresso Machine Start": "Descaler",
    "Espresso Machine Pro": "Descaler",
    "Glass Teapot": "Darjeeling First Flush 100 g",
    "Earl Grey 100 g": "Storage Tin",
}
COMPANION_CHANCE = 0.45
