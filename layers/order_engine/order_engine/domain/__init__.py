"""What an order is and which steps its life may take. Standard library only."""
