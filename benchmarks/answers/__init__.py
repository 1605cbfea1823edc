"""The benchmark of answers: how good estimators are that had the same CPU time to be tuned. See tables.py."""
