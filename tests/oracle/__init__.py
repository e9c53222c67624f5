"""An independent recomputation of every KPI of the catalogue, from raw records and the words of the KPI rules.

It shares nothing with the product: no code, no definitions, no tables. Standard library only.
"""
