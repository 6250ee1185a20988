"""What runs beside the service at a steady pace: scoring what waits, ranking again, sealing, retaining, sweeping,
looking for fires.
"""
