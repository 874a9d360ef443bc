"""The bytes of one kind of file each: what is where, and what nobody may change."""
