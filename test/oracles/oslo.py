"""What oslo.config makes of a file: its complaint, or the values of every option in every section."""
import os

from oslo_config import cfg, iniparser

from serve import FOLDER, serve

PATH = os.path.join(FOLDER, 'nova.conf')


def answer(request):
    with open(PATH, 'wb') as f:
        f.write(request['bytes'])
    conf = cfg.ConfigOpts()
    namespace = cfg._Namespace(conf)
    sections, normalized = {}, {}
    parser = cfg.ConfigParser(PATH, sections)
    parser._add_normalized(normalized)
    try:
        parser.parse()
    except iniparser.ParseError as e:
        return {'error': e.msg, 'line': e.lineno}
    except UnicodeDecodeError:
        return {'error': 'undecodable', 'line': 0}
    namespace._add_parsed_config_file(PATH, sections, normalized)
    # As an option that was registered with this name would get them: multi-valued, and plain (the last wins).
    values = {}
    for section, keys in normalized.items():
        values[section] = {
            key: {
                'multi': namespace._get_value([(section, key)], multi=True)[0],
                'plain': namespace._get_value([(section, key)])[0],
            }
            for key in keys
        }
    return {'sections': values}


serve(answer)
