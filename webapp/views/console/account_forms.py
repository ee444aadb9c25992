"""Forms of partners and customers, and their choices."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired

from webapp import i18n
from webapp.errors import Invalid
from webapp.models import Account
from webapp.services.accounts import accounts, calendars
from webapp.views.shared import forms

_REGION = _l("Some holidays apply only in certain states or regions.")


class AccountForm(forms.EditForm):
    """A form with a region, which belongs to the country that is sent with it."""

    def complete(self, shown: dict[str, Any]) -> None:
        """Store no region with another country than the one it was chosen for."""
        country, region = self["country"], self["region"]
        if country.data != shown.get("country"):
            # A region that was stored meanwhile is not one of the country chosen here.
            shown["region"] = region.object_data or ""
        elif region.data != shown.get("region") and country.data != (country.object_data or ""):
            # The country was changed meanwhile: a conflict, since its region was edited here.
            shown["country"] = None


class PartnerForm(AccountForm):
    """A print dealer."""

    name = StringField(_l("Name"), [DataRequired(_l("Enter a name for the partner."))])
    time_zone = SelectField(
        _l("Time zone"),
        default="UTC",
        description=_l("Defines the days and months of the partner and its customers."),
    )
    country = SelectField(
        _l("Country"),
        default="US",
        description=_l("Its public holidays are not business days."),
    )
    region = SelectField(_l("Region"), description=_REGION, validate_choice=False)
    language = SelectField(_l("Language of certificates and emails"), validate_choice=False)


class CustomerForm(AccountForm):
    """A customer of a partner."""

    name = StringField(
        _l("Name"),
        [DataRequired(_l("Enter a name for the customer."))],
        description=_l("Shown on certificates issued from now on."),
    )
    country = SelectField(
        _l("Country"),
        filters=[lambda code: code or ""],
        description=_l("Its public holidays are not business days."),
    )
    region = SelectField(_l("Region"), description=_REGION, validate_choice=False)
    language = SelectField(_l("Language of certificates and emails"), validate_choice=False)


def language_of(form: FlaskForm) -> str | None:
    """Return the chosen language; None for the partner's. Raises Invalid."""
    chosen: str = form.language.data or ""
    if chosen and not i18n.known(chosen):
        raise Invalid("language", gettext("Choose one of the listed languages."))
    return chosen or None


def time_zone_choices(current: str | None) -> list[tuple[str, str]]:
    """Return the time zones to choose from; ``current`` is one of them if it is an alias."""
    names = set(accounts.listed_time_zones())
    if current is not None and current in accounts.time_zones():
        names.add(current)
    return [(name, name.replace("_", " ")) for name in sorted(names)]


def offer_choices(form: FlaskForm, partner: Account | None) -> None:
    countries = [(code, name) for code, name in accounts.countries().items()]
    if partner is None:
        form.time_zone.choices = time_zone_choices(form.time_zone.data)
    else:
        own = accounts.countries().get(partner.country or "")
        countries.insert(
            0,
            (
                "",
                gettext("Same as partner: %(own)s", own=own) if own else gettext("Same as partner"),
            ),
        )
    form.country.choices = countries
    if partner is None:
        default = gettext("Default for the country")
    else:
        own_language = i18n.LANGUAGES[partner.document_language]
        default = gettext("Same as partner: %(own)s", own=own_language)
    form.language.choices = [("", default), *i18n.LANGUAGES.items()]
    offer_regions(form, form.country.data)


def offer_regions(form: FlaskForm, country: str | None) -> None:
    """Set the choices of regions to those of a country; without one the partner's applies."""
    known = calendars.regions(country) if country in accounts.countries() else {}
    form.region.choices = [
        ("", gettext("National holidays only") if known else "–"),
        *known.items(),
    ]


def edit_form(account: Account) -> PartnerForm | CustomerForm:
    """Return the form that changes an account, with its present values."""
    form = PartnerForm if account.kind == "partner" else CustomerForm
    return form(obj=account)
