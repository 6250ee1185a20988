"""The associate's console: pages for people, rendered by the service itself; no script or style comes from elsewhere.

`pages` says how a page is answered; each of the others has the routes of one thing that people do, `quality` those
about samples, second readings and exercises.
"""
