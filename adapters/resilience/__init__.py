"""What stands around the roads: breakers, places, planned stops, and the order in which roads are asked."""
