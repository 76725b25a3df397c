"""Signing in, and the access tokens that requests and handshakes carry."""
