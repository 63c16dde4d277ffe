"""run.py NAME MODULE ARGS...: runs MODULE.main() as the console script NAME; virt drivers in this folder can be named in compute_driver."""
import importlib
import os
import sys


def main():
    name, module = sys.argv[1:3]
    sys.argv[:] = [name] + sys.argv[3:]
    mod = importlib.import_module(module)
    if module == 'nova.cmd.compute':
        import nova.virt
        nova.virt.__path__.append(os.path.dirname(os.path.abspath(__file__)))
    sys.exit(mod.main())


if __name__ == '__main__':
    main()
