"""A third platform, as one would be added: this folder, and one line in a list (here: that of the tests).

People write postcards. A letter comes as ``POST /postcards/letters``, an answer or a bulletin goes out as a file. An address is a text with
spaces, an id of a card is a text, there are no threads and no buttons, and a card that was posted cannot be changed.
"""
