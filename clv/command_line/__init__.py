"""What the commands of ``python -m clv`` share: reading their input, and saying their answer."""
