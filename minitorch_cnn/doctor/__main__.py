"""Print what was found."""
from . import examine, report

if __name__ == "__main__":
    print(report(examine()))
