"""The flattening report: files or a default suite in, a table, a JSON file and a page with plots out.

``files`` (and ``npy``, ``npz``, ``mtx``, ``sparse``) read weights that nobody vouches for; ``suite`` and ``chains``
list the networks of the default report; ``run`` counts and times them into the records of ``model``; ``table`` and
``html`` (with ``plots`` and ``svg``) show the records; ``info`` says what the numbers were measured on.
"""
