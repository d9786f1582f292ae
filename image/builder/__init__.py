"""Builds the flashable image and the update file from Debian packages and `tram`."""
