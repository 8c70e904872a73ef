"""Did a score change since the baseline?"""
