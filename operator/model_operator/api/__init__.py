"""What users write and read: the two custom resources as types, without I/O and without a clock."""
