"""Before the first run: does this machine fit the sweep, and can its reward be trusted?"""
