"""Networks from and to other libraries. Each module imports its library when it is used."""
