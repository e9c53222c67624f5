"""All KPIs that the oracle knows."""

from . import catalogue_deals, catalogue_early

ALL = (catalogue_deals, catalogue_early)
