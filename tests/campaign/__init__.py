"""The campaign: runs are killed, files damaged, processes set upon each other.

Whatever happened, the next run must end well: the scores of an undisturbed run to the last bit,
nothing lost that was finished, no file half written, the encoder's own vectors in the store.

    python -m tests.campaign --seconds 600
"""
