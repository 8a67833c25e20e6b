"""The desk: the stewards' web pages."""

from dags.desk.app import make_desk
from dags.desk.auth import Visitor

__all__ = ["Visitor", "make_desk"]
