"""init.py identity|placement|image|compute ETC SQL_SOCKET PASSWORD BASE_PORT: makes one service's database in one process."""
import os
import pwd
import grp
import sys

what, etc, db, password, base = sys.argv[1:6]
conf = lambda n: ['--config-file', os.path.join(etc, n)]
if what == 'identity':
    from keystone.cmd import cli
    me = ['--keystone-user', pwd.getpwuid(os.getuid()).pw_name, '--keystone-group', grp.getgrgid(os.getgid()).gr_name]
    url = 'http://127.0.0.1:%s/v3' % base
    for args in (['db_sync'], ['fernet_setup'] + me, ['credential_setup'] + me,
                 ['bootstrap', '--bootstrap-password', password, '--bootstrap-region-id', 'RegionOne'] +
                 [x for i in ('admin', 'public', 'internal') for x in ('--bootstrap-%s-url' % i, url)]):
        pid = os.fork()      # its option parser runs once a process
        if not pid:
            try:
                cli.main(argv=['keystone-manage'] + conf('keystone.conf') + args)
                os._exit(0)
            except BaseException as e:
                print(args[0], repr(e), flush=True)
                os._exit(1)
        if os.waitpid(pid, 0)[1]:
            os._exit(1)
elif what == 'placement':
    from placement.cmd import manage
    sys.argv[:] = ['placement-manage'] + conf('placement.conf') + ['db', 'sync']
    assert not manage.main()
elif what == 'image':
    from glance.cmd import manage
    sys.argv[:] = ['glance-manage'] + conf('glance-api.conf') + ['db_sync']
    assert not manage.main()
else:
    from nova.cmd import manage
    from nova import config, objects
    config.parse_args(['nova-manage'] + conf('nova.conf'))
    objects.register_all()
    for rc in (manage.ApiDbCommands().sync(),
               manage.CellV2Commands().map_cell0('mysql+pymysql://root@localhost/nova_cell0?unix_socket=%s&charset=utf8' % db),
               manage.CellV2Commands().create_cell('cell1'),
               manage.DbCommands().sync()):
        print('rc', rc)
sys.stdout.flush()
os._exit(0)
