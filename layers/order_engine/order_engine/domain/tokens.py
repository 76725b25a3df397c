"""The tokens that can be swapped, by symbol or mint address (the SPL token registry's values)."""

from __future__ import annotations

from dataclasses import dataclass

WRAPPED_SOL_MINT = "So11111111111111111111111111111111111111112"


@dataclass(frozen=True, slots=True)
class Token:
    """A token: `decimals` places, so one whole token is ``10 ** decimals`` base units."""

    symbol: str
    mint: str
    decimals: int


TOKENS = (
    Token("SOL", WRAPPED_SOL_MINT, 9),
    Token("USDC", "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", 6),
    Token("USDT", "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB", 6),
    Token("mSOL", "mSoLzYCxHdYgdzU16g5QSh3i5K3z3KZK7ytfqcJm7So", 9),
    Token("RAY", "4k3Dyjzvzp8eMZWUXbBCjEvwSkkk59S5iCNLY3QrkX6R", 6),
    Token("JUP", "JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN", 6),
    Token("BONK", "DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263", 5),
)

_BY_NAME = {name: token for token in TOKENS for name in (token.symbol.upper(), token.mint)}


def find_token(name: str) -> Token | None:
    """Return the token with this symbol (in any case) or mint address (exactly), or None."""
    if not name.isascii():  # the long s is a lower-case S too
        return None
    return _BY_NAME.get(name) or _BY_NAME.get(name.upper())


def token(symbol: str) -> Token:
    """Return the token with this symbol; raises KeyError for a symbol that no order can hold."""
    return _BY_NAME[symbol.upper()]
