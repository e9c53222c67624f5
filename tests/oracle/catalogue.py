"""All KPIs that the oracle knows."""

from . import catalogue_ahead, catalogue_commerce, catalogue_deals, catalogue_early, catalogue_recurring

ALL = (catalogue_deals, catalogue_early, catalogue_recurring, catalogue_commerce, catalogue_ahead)
