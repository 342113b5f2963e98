"""Recipes and scripts that build the shipped models and their data; no part of the package."""
