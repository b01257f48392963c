"""Who the customers are: invented names, addresses that reach nobody, consent, loyalty and opinions."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from buying import Customer
from numpy.random import Generator
from parameters import AS_OF

FIRST_NAMES = {
    "DE": "Mia Jörg Anna Lukas Käthe Jürgen Lena Felix Sören Greta Björn Hanna Paul Änne Moritz Ida Jonas",
    "FR": "Chloé Hugo Zoé Théo Inès Léa Jérôme Amélie François Élodie Noël Camille Anaïs Rémi Manon Agnès",
    "IE": "Siobhán Seán Aoife Niamh Pádraig Róisín Conor Ciarán Orla Liam Gráinne Declan Maeve Eoin Nuala",
    "NL": "Sanne Daan Fleur Bram Lieke Joris Noor Thijs Eva Ruben Zoë Sjoerd Femke Niels Anouk Coen Maaike",
    "ES": "Lucía Álvaro Sofía Iñigo María Jesús Begoña Andrés Inés Raúl Ángela Óscar Belén Martín Rocío Hugo",
    "IT": "Giulia Nicolò Chiara Matteo Sofia Davide Noemi Luca Elisa Niccolò Martina Andrea Ilaria Pietro",
    "PL": "Zofia Łukasz Małgorzata Paweł Agnieszka Michał Bożena Grzegorz Elżbieta Rafał Żaneta Marta Kuba",
}
LAST_NAMES = {
    "DE": "Müller Schröder Weiß Krüger Schäfer Böhm Voß Lindner Hübner Köhler Brandt Groß Seidel Förster",
    "FR": "Lefèvre Béranger Dubois Hébert Garçon Moreau Château Périer Noël-Marchand Guérin Rivière Besançon",
    "IE": "Byrne Gallagher Ó-Súilleabháin Doyle Kavanagh Nolan Mac-Gabhann Keane Fitzgerald Whelan Quinn",
    "NL": "Jansen de-Vries van-den-Berg Bakker Visser Meijer Mulder Kuipers Brouwer Postma Hoekstra Dijkstra",
    "ES": "García Núñez Peña Muñoz Ibáñez Gómez-Ruiz Fernández Ordóñez Vázquez Cañizares Lozano Sáenz",
    "IT": "Rossi Conti Ferrari De-Luca Bianchi D'Angelo Esposito Marchetti Galli Fontana Rinaldi Serrà",
    "PL": "Wójcik Kowalczyk Woźniak Król Wróbel Gołąb Zając Dudek Kołodziej Kaczmarek Cieślak Piątek Łuczak",
}
SPOKEN_SPACE = {"Ó-Súilleabháin", "Mac-Gabhann", "de-Vries", "van-den-Berg", "De-Luca"}
FOLDED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ł": "l", "Ł": "l", "'": "", " ": "", "Ä": "ae"}
)
MAIL_DOMAINS = ("example.com", "example.org", "example.net")

# Numbers that regulators keep free for films and books: (E.164 prefix, digits that follow, takes SMS).
FICTIONAL_PHONES = {
    "DE": (
        ("+4917139200", 2, True),
        ("+49176040690", 2, True),
        ("+493023125", 3, False),
        ("+494066969", 3, False),
        ("+498999998", 3, False),
    ),
    "FR": (("+33639980", 3, True), ("+33639985", 3, True)),
    "IE": (("+3532091", 5, True),),
}
PHONE_GIVEN = {"DE": 0.62, "FR": 0.60, "IE": 0.65}

ANSWERS_NPS = 0.20
GIVES_REASON = 0.68
PROMOTER_REASONS = {
    "Freshest beans I have found": 5,
    "Fast delivery": 4,
    "Great advice on the phone": 2,
    "Packaging without plastic": 2,
    "The espresso box is always a surprise": 2,
    "Good prices for this quality": 3,
}
PASSIVE_REASONS = {
    "Good coffee, but shipping costs too much": 4,
    "Website is hard to use": 2,
    "Small choice of tea": 2,
    "Fine, nothing special": 3,
}
DETRACTOR_REASONS = {
    "Delivery took too long": 5,
    "Prices went up": 4,
    "Coffee tasted stale": 3,
    "Customer service did not reply": 3,
    "Too many emails": 3,
    "Grinder broke after a month": 2,
}
REFUND_REASONS = {
    "Arrived damaged": 4,
    "Waited weeks for my refund": 3,
    "Grinder broke after a month": 2,
    "Wrong product in the parcel": 2,
}


@dataclass(frozen=True)
class Contact:
    """One row of the contact file; blank text where nothing is known."""

    customer_id: str
    first_name: str
    last_name: str
    email: str
    phone: str
    country: str
    email_consent: str
    sms_consent: str
    nps_score: str
    nps_reason: str
    loyalty_member: str
    bonus_expiry_date: str
    card_expiry: str


# What real contact files contain: quotes, cells that a spreadsheet would run, stray spaces, shared mailboxes.
AWKWARD_CELLS: dict[str, dict[str, str]] = {
    "C00007": {"first_name": "Brían", "last_name": "O'Brien", "email": "brian.obrien7@example.com"},
    "C00019": {"first_name": "=Mia"},
    "C00023": {"last_name": "-Keller"},
    "C00031": {"first_name": "+Anna"},
    "C00042": {"last_name": "@Home Café"},
    "C00057": {"first_name": 'Anna "Anni"'},
    "C00064": {"last_name": "Krüger, Dr.", "email": "kaffee.kasse@example.org"},
    "C00088": {"email": "KAFFEE.KASSE@EXAMPLE.ORG"},
    "C00114": {"first_name": " Björn ", "phone": "0171 3920099"},
    "C00115": {"phone": "+353 (0)20 912 0150"},
    "C00131": {"last_name": ""},
}


def write_contacts(
    customers: list[Customer], repeat_orders: dict[int, int], refunded: set[int], rng: Generator
) -> list[Contact]:
    """Invent a contact for every customer; repeat orders and refunds by customer number shape opinions."""
    phones = {country: _shuffled_phones(country, rng) for country in FICTIONAL_PHONES}
    contacts = [
        _contact(customer, repeat_orders.get(customer.number, 0), customer.number in refunded, phones, rng)
        for customer in customers
    ]
    return [replace(contact, **AWKWARD_CELLS.get(contact.customer_id, {})) for contact in contacts]


def _contact(
    customer: Customer,
    repeats: int,
    was_refunded: bool,
    phones: dict[str, Iterator[tuple[str, bool]]],
    rng: Generator,
) -> Contact:
    first_name = _one_of(FIRST_NAMES[customer.country].split(), rng)
    last_name = _one_of(LAST_NAMES[customer.country].split(), rng)
    last_name = last_name.replace("-", " ") if last_name in SPOKEN_SPACE else last_name
    email = "" if rng.random() < 0.02 else _email(first_name, last_name, customer.number, rng)
    phone, takes_sms = _phone(customer.country, phones, rng)
    score = _nps_score(customer, was_refunded, rng)
    member = rng.random() < (0.06 if repeats == 0 else min(0.2 + 0.06 * repeats, 0.8))
    return Contact(
        customer_id=customer.id,
        first_name=first_name,
        last_name=last_name,
        email=email,
        phone=phone,
        country=customer.country,
        email_consent=_yes(bool(email) and rng.random() < customer.channel.email_consent),
        sms_consent=_yes(takes_sms and rng.random() < 0.45),
        nps_score="" if score is None else str(score),
        nps_reason=_nps_reason(score, was_refunded, rng),
        loyalty_member=_yes(member),
        bonus_expiry_date=_bonus_expiry(rng) if member and rng.random() < 0.7 else "",
        card_expiry=_card_expiry(rng) if rng.random() < (0.5 if repeats else 0.2) else "",
    )


def _one_of(choices: list[str], rng: Generator) -> str:
    return choices[int(rng.integers(len(choices)))]


def _yes(true: bool) -> str:
    return "yes" if true else "no"


def _email(first_name: str, last_name: str, number: int, rng: Generator) -> str:
    """A unique address in a domain that is reserved for examples."""
    name = f"{first_name}.{last_name}".lower().translate(FOLDED)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return f"{plain}{number}@{MAIL_DOMAINS[int(rng.choice(3, p=[0.6, 0.2, 0.2]))]}"


def _shuffled_phones(country: str, rng: Generator) -> Iterator[tuple[str, bool]]:
    """Every fictional number of a country once, in a random order, and whether it takes SMS."""
    numbers = [
        (f"{prefix}{n:0{digits}d}", takes_sms)
        for prefix, digits, takes_sms in FICTIONAL_PHONES[country]
        for n in range(10**digits)
    ]
    return (numbers[i] for i in rng.permutation(len(numbers)))


def _phone(country: str, phones: dict[str, Iterator[tuple[str, bool]]], rng: Generator) -> tuple[str, bool]:
    if rng.random() >= PHONE_GIVEN.get(country, 0.0):
        return "", False
    return next(phones[country])


def _nps_score(customer: Customer, was_refunded: bool, rng: Generator) -> int | None:
    """Those who stay recommend the shop more; a refund costs goodwill."""
    if rng.random() >= ANSWERS_NPS:
        return None
    opinion = rng.normal(7.0 + 3.0 * customer.loyalty - 2.5 * was_refunded, 2.0)
    return int(np.clip(round(opinion), 0, 10))


def _nps_reason(score: int | None, was_refunded: bool, rng: Generator) -> str:
    if score is None or rng.random() >= GIVES_REASON:
        return ""
    if score >= 9:
        reasons = PROMOTER_REASONS
    elif score >= 7:
        reasons = PASSIVE_REASONS
    else:
        reasons = REFUND_REASONS if was_refunded else DETRACTOR_REASONS
    weights = np.array(list(reasons.values()), dtype=float)
    return list(reasons)[int(rng.choice(len(reasons), p=weights / weights.sum()))]


def _bonus_expiry(rng: Generator) -> str:
    """From three weeks ago to half a year ahead."""
    return (AS_OF + timedelta(days=int(rng.integers(-21, 183)))).isoformat()


def _card_expiry(rng: Generator) -> str:
    """MM/YYYY, from three months ago to four years ahead."""
    month = AS_OF.year * 12 + AS_OF.month - 1 + int(rng.integers(-3, 49))
    return date(month // 12, month % 12 + 1, 1).strftime("%m/%Y")
