"""Views with other results than those of their run."""

from dataclasses import replace


def only(view, wanted):
    """Give the view with those of its planned results that are wanted."""
    planned = tuple(filter(wanted, view.setting.planned))
    return replace(view, setting=replace(view.setting, planned=planned))


def changed(view, change):
    """Give the view with every planned result changed."""
    planned = tuple(map(change, view.setting.planned))
    return replace(view, setting=replace(view.setting, planned=planned))
