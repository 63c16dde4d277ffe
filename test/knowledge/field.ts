/**
 * Names that correct files of the field have, in the styles of the tools that write them. One line a section; only names,
 * the values do not matter here.
 */
export const FIELD: readonly { readonly release: string; readonly style: string; readonly names: string }[] = [
  {
    release: 'grizzly',
    style: 'devstack',
    names: `
      DEFAULT verbose auth_strategy allow_resize_to_same_host api_paste_config rootwrap_config compute_scheduler_driver dhcpbridge_flagfile force_dhcp_release fixed_range default_floating_pool s3_host s3_port osapi_compute_extension my_ip sql_connection libvirt_type libvirt_cpu_mode instance_name_template enabled_apis volume_api_class instances_path state_path lock_path logging_context_format_string logging_default_format_string logging_debug_format_suffix logging_exception_prefix multi_host send_arp_for_ha network_manager public_interface vlan_interface flat_network_bridge flat_interface novncproxy_base_url xvpvncproxy_base_url vncserver_listen vncserver_proxyclient_address ec2_dmz_host ec2_workers rpc_backend rabbit_host rabbit_password glance_api_servers compute_driver firewall_driver live_migration_uri live_migration_flag base_dir_name
      keystone_authtoken auth_host auth_port auth_protocol admin_tenant_name admin_user admin_password signing_dir
      spice enabled html5proxy_base_url
    `,
  },
  {
    release: 'havana',
    style: 'Ubuntu package and install guide',
    names: `
      DEFAULT dhcpbridge_flagfile dhcpbridge logdir state_path lock_path force_dhcp_release libvirt_use_virtio_for_bridges verbose ec2_private_dns_show_ip api_paste_config enabled_apis rpc_backend rabbit_host rabbit_password my_ip vncserver_listen vncserver_proxyclient_address vnc_enabled novncproxy_base_url glance_host auth_strategy network_api_class neutron_url neutron_auth_strategy neutron_admin_tenant_name neutron_admin_username neutron_admin_password neutron_admin_auth_url linuxnet_interface_driver firewall_driver security_group_api live_migration_flag live_migration_bandwidth
      database connection
      keystone_authtoken auth_host auth_port auth_protocol admin_tenant_name admin_user admin_password auth_uri
    `,
  },
  {
    release: 'icehouse',
    style: 'packstack',
    names: `
      DEFAULT rabbit_host rabbit_port rabbit_hosts rabbit_use_ssl rabbit_userid rabbit_password rabbit_virtual_host rabbit_ha_queues rpc_backend qpid_hostname qpid_port qpid_username qpid_password qpid_heartbeat qpid_protocol qpid_tcp_nodelay notification_driver notification_topics notify_on_state_change state_path use_forwarded_for instance_usage_audit instance_usage_audit_period host resume_guests_state_on_host_boot auth_strategy use_ipv6 lock_path debug verbose log_dir use_syslog cpu_allocation_ratio ram_allocation_ratio scheduler_default_filters network_api_class default_floating_pool force_snat_range metadata_host dhcp_domain security_group_api neutron_url neutron_url_timeout neutron_admin_username neutron_admin_password neutron_admin_tenant_name neutron_region_name neutron_admin_auth_url neutron_auth_strategy neutron_ovs_bridge neutron_extension_sync_interval service_neutron_metadata_proxy neutron_metadata_proxy_shared_secret firewall_driver heal_instance_info_cache_interval reserved_host_memory_mb compute_driver vif_plugging_is_fatal vif_plugging_timeout force_raw_images rootwrap_config novncproxy_base_url vncserver_listen vncserver_proxyclient_address vnc_enabled vnc_keymap volume_api_class amqp_durable_queues sql_connection glance_api_servers
      keystone_authtoken auth_host auth_port auth_protocol auth_uri admin_user admin_password admin_tenant_name
      libvirt virt_type inject_password inject_key inject_partition live_migration_uri live_migration_flag live_migration_bandwidth vif_driver cpu_mode rbd_user rbd_secret_uuid images_type images_rbd_pool
      conductor use_local
      osapi_v3 enabled
    `,
  },
  {
    release: 'juno',
    style: 'install guide on Ubuntu',
    names: `
      DEFAULT verbose rpc_backend rabbit_host rabbit_password auth_strategy my_ip vnc_enabled vncserver_listen vncserver_proxyclient_address novncproxy_base_url network_api_class security_group_api linuxnet_interface_driver firewall_driver dhcpbridge_flagfile dhcpbridge logdir state_path lock_path force_dhcp_release ec2_private_dns_show_ip api_paste_config enabled_apis
      database connection
      keystone_authtoken auth_uri identity_uri admin_tenant_name admin_user admin_password
      glance host
      neutron url auth_strategy admin_auth_url admin_tenant_name admin_username admin_password service_metadata_proxy metadata_proxy_shared_secret
      libvirt virt_type live_migration_flag
    `,
  },
  {
    release: 'kilo',
    style: 'packstack',
    names: `
      DEFAULT rpc_backend verbose debug log_dir use_syslog auth_strategy my_ip lock_path notification_driver notification_topics network_api_class security_group_api linuxnet_interface_driver firewall_driver enabled_apis vncserver_listen vncserver_proxyclient_address vnc_enabled novncproxy_base_url novncproxy_host novncproxy_port cpu_allocation_ratio ram_allocation_ratio scheduler_default_filters scheduler_driver osapi_compute_workers metadata_workers vif_plugging_timeout
      database connection idle_timeout
      api_database connection
      oslo_messaging_rabbit rabbit_host rabbit_port rabbit_hosts rabbit_userid rabbit_password rabbit_virtual_host rabbit_use_ssl rabbit_ha_queues heartbeat_timeout_threshold heartbeat_rate kombu_ssl_keyfile kombu_ssl_certfile kombu_ssl_ca_certs
      keystone_authtoken auth_uri auth_url auth_plugin project_domain_id user_domain_id project_name username password identity_uri admin_user admin_password admin_tenant_name
      oslo_concurrency lock_path
      glance host api_servers
      neutron url url_timeout region_name admin_username admin_password admin_tenant_name admin_auth_url auth_strategy ovs_bridge extension_sync_interval service_metadata_proxy metadata_proxy_shared_secret ca_certificates_file api_insecure
      cinder catalog_info os_region_name
      libvirt virt_type live_migration_uri live_migration_flag live_migration_bandwidth inject_partition disk_cachemodes hw_disk_discard
    `,
  },
  {
    release: 'liberty',
    style: 'install guide on CentOS',
    names: `
      DEFAULT rpc_backend auth_strategy my_ip network_api_class security_group_api linuxnet_interface_driver firewall_driver enabled_apis verbose vif_plugging_is_fatal max_concurrent_live_migrations compute_driver
      vnc enabled vncserver_listen vncserver_proxyclient_address novncproxy_base_url keymap
      oslo_messaging_rabbit rabbit_host rabbit_userid rabbit_password
      keystone_authtoken auth_uri auth_url auth_plugin project_domain_id user_domain_id project_name username password
      neutron url auth_url auth_plugin project_domain_id user_domain_id region_name project_name username password
      glance host
      oslo_concurrency lock_path
      database connection
      api_database connection
      libvirt virt_type live_migration_completion_timeout live_migration_progress_timeout live_migration_downtime live_migration_downtime_steps live_migration_downtime_delay
    `,
  },
  {
    release: 'mitaka',
    style: 'kolla',
    names: `
      DEFAULT debug log_dir state_path osapi_compute_listen osapi_compute_listen_port metadata_listen metadata_listen_port use_neutron firewall_driver linuxnet_interface_driver scheduler_max_attempts my_ip network_api_class compute_driver allow_resize_to_same_host transport_url default_schedule_zone osapi_compute_workers metadata_workers rpc_backend instance_usage_audit
      vnc novncproxy_host novncproxy_port novncproxy_base_url vncserver_listen vncserver_proxyclient_address
      oslo_messaging_rabbit rabbit_userid rabbit_password rabbit_ha_queues rabbit_hosts
      oslo_middleware enable_proxy_headers_parsing
      oslo_concurrency lock_path
      glance api_servers num_retries
      cinder catalog_info os_region_name
      neutron url
      neutron service_metadata_proxy metadata_proxy_shared_secret auth_url auth_type project_domain_name user_domain_id project_name username password
      database connection max_pool_size max_overflow max_retries
      api_database connection max_retries
      keystone_authtoken auth_uri auth_url auth_type project_domain_id user_domain_id project_name username password memcache_security_strategy memcache_secret_key memcached_servers
      cache backend enabled memcache_servers
      libvirt connection_uri live_migration_tunnelled images_type images_rbd_pool images_rbd_ceph_conf rbd_user rbd_secret_uuid disk_cachemodes hw_disk_discard live_migration_inbound_addr
      upgrade_levels compute
      conductor workers
    `.replace('', ''),
  },
  {
    release: 'newton',
    style: 'Ubuntu package and install guide',
    names: `
      DEFAULT dhcpbridge_flagfile dhcpbridge
      DEFAULT state_path force_dhcp_release enabled_apis transport_url auth_strategy my_ip use_neutron firewall_driver vif_plugging_timeout reserved_host_memory_mb
      api_database connection
      database connection
      keystone_authtoken auth_uri auth_url memcached_servers auth_type project_domain_name user_domain_name project_name username password
      vnc enabled vncserver_listen vncserver_proxyclient_address novncproxy_base_url
      glance api_servers
      oslo_concurrency lock_path
      neutron url auth_url auth_type project_domain_name user_domain_name region_name project_name username password service_metadata_proxy metadata_proxy_shared_secret
      libvirt virt_type live_migration_tunnelled live_migration_permit_auto_converge live_migration_permit_post_copy
      wsgi api_paste_config
      placement_database connection
    `,
  },
  {
    release: 'ocata',
    style: 'packstack',
    names: `
      DEFAULT rootwrap_config compute_driver allow_resize_to_same_host vif_plugging_is_fatal vif_plugging_timeout force_raw_images reserved_host_memory_mb host instance_usage_audit instance_usage_audit_period instance_name_template enabled_apis state_path rpc_backend transport_url debug log_dir my_ip use_neutron firewall_driver cpu_allocation_ratio ram_allocation_ratio osapi_compute_workers metadata_workers
      api auth_strategy use_forwarded_for
      notifications
      oslo_messaging_notifications driver transport_url
      oslo_messaging_rabbit rabbit_use_ssl heartbeat_timeout_threshold
      scheduler driver max_attempts discover_hosts_in_cells_interval host_manager
      filter_scheduler available_filters enabled_filters host_subset_size max_io_ops_per_host max_instances_per_host weight_classes
      placement os_region_name auth_type auth_url project_name project_domain_name username user_domain_name password
      neutron url region_name ovs_bridge extension_sync_interval service_metadata_proxy metadata_proxy_shared_secret timeout auth_type auth_url project_name project_domain_name username user_domain_name password
      vnc enabled keymap vncserver_listen vncserver_proxyclient_address novncproxy_base_url novncproxy_host novncproxy_port
      libvirt virt_type inject_password inject_key inject_partition live_migration_uri cpu_mode live_migration_scheme live_migration_inbound_addr cpu_model_extra_flags
      key_manager api_class
      keystone_authtoken auth_uri auth_type auth_url username password user_domain_name project_name project_domain_name
      crypto ca_path keys_path
    `,
  },
  {
    release: 'pike',
    style: 'install guide',
    names: `
      DEFAULT enabled_apis transport_url my_ip use_neutron firewall_driver
      api auth_strategy
      keystone_authtoken auth_uri auth_url memcached_servers auth_type project_domain_name user_domain_name project_name username password
      vnc enabled vncserver_listen vncserver_proxyclient_address novncproxy_base_url
      glance api_servers
      oslo_concurrency lock_path
      placement os_region_name project_domain_name project_name auth_type user_domain_name auth_url username password
      neutron url auth_url auth_type project_domain_name user_domain_name region_name project_name username password
      database connection
      api_database connection
      libvirt virt_type cpu_model_extra_flags
      notifications notify_on_state_change
    `,
  },
  {
    release: 'queens',
    style: 'TripleO',
    names: `
      DEFAULT instance_usage_audit_period rootwrap_config compute_driver allow_resize_to_same_host vif_plugging_is_fatal vif_plugging_timeout force_raw_images reserved_host_memory_mb ram_allocation_ratio cpu_allocation_ratio disk_allocation_ratio heal_instance_info_cache_interval host instance_usage_audit instance_name_template state_path report_interval service_down_time enabled_apis osapi_compute_listen osapi_compute_workers metadata_listen metadata_workers my_ip use_neutron firewall_driver debug log_dir rpc_response_timeout transport_url block_device_allocate_retries dhcp_domain config_drive_format preallocate_images vcpu_pin_set pointer_model
      api auth_strategy use_forwarded_for fping_path enable_instance_password
      cinder catalog_info
      compute live_migration_wait_for_vif_plug consecutive_build_service_disable_threshold
      conductor workers
      consoleauth token_ttl
      filter_scheduler host_subset_size max_io_ops_per_host available_filters enabled_filters use_baremetal_filters weight_classes track_instance_changes
      glance api_servers
      key_manager backend
      keystone_authtoken www_authenticate_uri auth_type auth_url username password user_domain_name project_name project_domain_name
      libvirt virt_type live_migration_uri live_migration_tunnelled live_migration_inbound_addr live_migration_permit_post_copy live_migration_permit_auto_converge inject_password inject_key inject_partition images_type images_rbd_pool images_rbd_ceph_conf rbd_user rbd_secret_uuid disk_cachemodes hw_disk_discard hw_machine_type enabled_perf_events cpu_mode volume_use_multipath
      neutron url region_name ovs_bridge extension_sync_interval timeout auth_type auth_url project_name project_domain_name username user_domain_name password service_metadata_proxy metadata_proxy_shared_secret default_floating_pool
      notifications notify_on_state_change notification_format
      oslo_concurrency lock_path
      oslo_messaging_notifications driver transport_url
      oslo_messaging_rabbit ssl heartbeat_timeout_threshold
      oslo_middleware enable_proxy_headers_parsing max_request_body_size
      oslo_policy policy_file
      pci passthrough_whitelist alias
      placement auth_type auth_url project_name project_domain_name username user_domain_name password os_region_name
      quota cores instances ram floating_ips fixed_ips
      scheduler driver discover_hosts_in_cells_interval max_attempts
      vnc enabled keymap server_listen server_proxyclient_address novncproxy_base_url novncproxy_host novncproxy_port
      wsgi api_paste_config
      workarounds enable_numa_live_migration ensure_libvirt_rbd_instance_dir_cleanup
    `,
  },
  {
    release: 'rocky',
    style: 'Ubuntu cloud archive and install guide',
    names: `
      DEFAULT log_dir lock_path state_path transport_url my_ip use_neutron firewall_driver enabled_apis
      api auth_strategy
      api_database connection
      database connection
      glance api_servers
      keystone_authtoken auth_url memcached_servers auth_type project_domain_name user_domain_name project_name username password
      libvirt virt_type live_migration_progress_timeout cpu_model_extra_flags
      neutron url auth_url auth_type project_domain_name user_domain_name region_name project_name username password
      os_vif_ovs network_device_mtu
      oslo_concurrency lock_path
      placement region_name project_domain_name project_name auth_type user_domain_name auth_url username password
      placement_database connection
      vnc enabled server_listen server_proxyclient_address novncproxy_base_url
    `,
  },
  {
    release: 'train',
    style: 'kolla-ansible',
    names: `
      DEFAULT debug log_dir state_path osapi_compute_listen osapi_compute_listen_port osapi_compute_workers metadata_workers metadata_listen metadata_listen_port use_neutron firewall_driver allow_resize_to_same_host compute_driver my_ip instance_usage_audit instance_usage_audit_period transport_url
      api use_forwarded_for
      conductor workers
      vnc novncproxy_host novncproxy_port server_listen server_proxyclient_address novncproxy_base_url
      serial_console enabled base_url serialproxy_host serialproxy_port proxyclient_address
      oslo_middleware enable_proxy_headers_parsing
      oslo_concurrency lock_path
      glance api_servers cafile num_retries debug
      cinder catalog_info os_region_name auth_url auth_type project_domain_name user_domain_id project_name username password cafile
      neutron metadata_proxy_shared_secret service_metadata_proxy auth_url auth_type cafile project_domain_name user_domain_id project_name username password region_name valid_interfaces
      database connection connection_recycle_time max_pool_size max_retries
      api_database connection connection_recycle_time max_pool_size max_retries
      cache backend enabled memcache_servers
      keystone_authtoken www_authenticate_uri auth_url auth_type project_domain_id user_domain_id project_name username password cafile region_name memcache_security_strategy memcache_secret_key memcached_servers
      libvirt connection_uri live_migration_inbound_addr images_type images_rbd_pool images_rbd_ceph_conf rbd_user disk_cachemodes hw_disk_discard rbd_secret_uuid virt_type live_migration_with_native_tls cpu_models max_queues
      upgrade_levels compute
      oslo_messaging_notifications transport_url driver topics
      oslo_messaging_rabbit heartbeat_in_pthread ssl ssl_ca_file
      privsep_entrypoint helper_command
      scheduler max_attempts discover_hosts_in_cells_interval workers
      placement auth_type auth_url username password user_domain_name project_name project_domain_name region_name cafile valid_interfaces
      notifications notify_on_state_change notification_format
      workarounds reserve_disk_resource_for_image_cache never_download_image_if_on_rbd
    `,
  },
  {
    release: 'ussuri',
    style: 'install guide',
    names: `
      DEFAULT transport_url my_ip enabled_apis log_dir
      api enable_instance_password
      keystone_authtoken www_authenticate_uri auth_url memcached_servers auth_type project_domain_name user_domain_name project_name username password
      vnc enabled server_listen server_proxyclient_address novncproxy_base_url
      glance api_servers
      oslo_concurrency lock_path
      placement region_name project_domain_name project_name auth_type user_domain_name auth_url username password
      neutron auth_url auth_type project_domain_name user_domain_name region_name project_name username password
      image_cache manager_interval subdirectory_name
      compute vmdk_allowed_types
      libvirt live_migration_timeout_action live_migration_completion_timeout
    `,
  },
  {
    release: 'wallaby',
    style: 'TripleO',
    names: `
      DEFAULT instance_usage_audit_period compute_driver allow_resize_to_same_host vif_plugging_is_fatal vif_plugging_timeout force_raw_images reserved_host_memory_mb host state_path my_ip debug log_dir rpc_response_timeout transport_url enabled_apis max_concurrent_live_migrations
      libvirt virt_type live_migration_uri live_migration_inbound_addr live_migration_scheme live_migration_permit_post_copy live_migration_with_native_tls cpu_mode device_detach_attempts device_detach_timeout
      workarounds enable_qemu_monitor_announce_self disable_compute_service_check_for_ffu libvirt_disable_apic wait_for_vif_plugged_event_during_hard_reboot
      compute vmdk_allowed_types
      database connection
      api_database connection
      vnc enabled server_listen server_proxyclient_address novncproxy_base_url
      nova_sys_admin helper_command
    `,
  },
  {
    release: 'yoga',
    style: 'Ubuntu package with charm',
    names: `
      DEFAULT debug log_dir state_path transport_url my_ip host use_syslog resume_guests_state_on_host_boot default_ephemeral_format instances_path force_raw_images reserved_host_memory_mb initial_cpu_allocation_ratio initial_ram_allocation_ratio allow_resize_to_same_host vendordata_jsonfile_path
      libvirt virt_type cpu_mode cpu_models cpu_model_extra_flags live_migration_uri live_migration_scheme live_migration_permit_post_copy live_migration_permit_auto_converge live_migration_inbound_addr hw_disk_discard rbd_user rbd_secret_uuid images_type num_pcie_ports
      workarounds skip_cpu_compare_on_dest skip_hypervisor_version_check_on_lm disable_deep_image_inspection
      neutron auth_url auth_type project_domain_name user_domain_name project_name username password region_name
      os_vif_ovs isolate_vif ovsdb_connection
      oslo_concurrency lock_path
      vnc enabled server_listen server_proxyclient_address novncproxy_base_url
      spice enabled html5proxy_base_url server_listen server_proxyclient_address
      vif_plug_ovs_privileged helper_command
    `,
  },
  {
    release: 'zed',
    style: 'Debian package and kolla-ansible',
    names: `
      DEFAULT debug log_dir state_path osapi_compute_listen osapi_compute_workers allow_resize_to_same_host compute_driver my_ip host transport_url default_schedule_zone rpc_response_timeout max_concurrent_live_migrations
      wsgi api_paste_config secure_proxy_ssl_header
      cinder catalog_info os_region_name auth_url auth_type project_domain_name user_domain_id project_name username password
      neutron service_metadata_proxy metadata_proxy_shared_secret auth_url auth_type tenant_name user_name
      compute vmdk_allowed_types
      pci passthrough_whitelist device_spec
      libvirt virt_type live_migration_inbound_addr live_migration_scheme live_migration_with_native_tls connection_uri cpu_models
      workarounds skip_cpu_compare_at_startup skip_reserve_in_use_ironic_nodes disable_deep_image_inspection
      placement auth_url auth_type username password tenant_id
      service_user send_service_user_token auth_url auth_type tenant_name user_name password
      oslo_policy policy_file enforce_scope
      oslo_messaging_rabbit heartbeat_in_pthread rabbit_quorum_queue
    `,
  },
  {
    release: '2023.1',
    style: 'devstack',
    names: `
      DEFAULT graceful_shutdown_timeout state_path instances_path compute_driver default_ephemeral_format use_syslog debug my_ip vif_plugging_timeout transport_url logging_exception_prefix logging_default_format_string logging_context_format_string logging_debug_format_suffix enabled_apis rpc_response_timeout
      wsgi api_paste_config default_pool_size
      filter_scheduler enabled_filters available_filters track_instance_changes
      scheduler workers discover_hosts_in_cells_interval
      key_manager fixed_key backend
      database connection
      api_database connection
      privsep_osbrick helper_command
      vif_plug_ovs_privileged helper_command
      vif_plug_linux_bridge_privileged helper_command
      vnc enabled server_listen server_proxyclient_address novncproxy_base_url
      glance service_name region_name
      neutron auth_type auth_url username password user_domain_name project_name project_domain_name region_name service_metadata_proxy metadata_proxy_shared_secret
      upgrade_levels compute
      os_vif_ovs ovsdb_connection isolate_vif
      libvirt virt_type cpu_mode live_migration_uri live_migration_scheme images_type
      placement auth_type auth_url username password user_domain_name project_name project_domain_name region_name
      notifications notification_format
      oslo_limit endpoint_id auth_url auth_type username password system_scope user_domain_name
      quota driver
    `,
  },
  {
    release: '2024.1',
    style: 'install guide',
    names: `
      DEFAULT transport_url my_ip enabled_apis log_dir
      api max_limit
      keystone_authtoken www_authenticate_uri auth_url memcached_servers auth_type project_domain_name user_domain_name project_name username password
      service_user send_service_user_token auth_url auth_type project_domain_name project_name user_domain_name username password
      vnc enabled server_listen server_proxyclient_address novncproxy_base_url
      glance api_servers
      oslo_concurrency lock_path
      placement region_name project_domain_name project_name auth_type user_domain_name auth_url username password
      neutron auth_url auth_type project_domain_name user_domain_name region_name project_name username password
      compute sharing_providers_max_uuids_per_request
      workarounds disable_deep_image_inspection
      oslo_messaging_rabbit hostname processname use_queue_manager rabbit_stream_fanout rabbit_transient_quorum_queue rabbit_quorum_max_memory_bytes rabbit_quorum_max_memory_length
    `,
  },
  {
    release: '2025.1',
    style: 'kolla-ansible',
    names: `
      DEFAULT debug log_dir state_path allow_resize_to_same_host compute_driver my_ip instance_usage_audit instance_usage_audit_period resume_guests_state_on_host_boot transport_url host
      conductor workers
      vnc novncproxy_host novncproxy_port server_listen server_proxyclient_address novncproxy_base_url enabled
      spice server_listen server_proxyclient_address html5proxy_base_url html5proxy_host html5proxy_port enabled
      serial_console enabled base_url serialproxy_host serialproxy_port proxyclient_address
      oslo_middleware enable_proxy_headers_parsing
      oslo_concurrency lock_path
      glance debug api_servers cafile num_retries
      cinder catalog_info os_region_name auth_url auth_type project_domain_name user_domain_name project_name username password region_name cafile debug
      barbican auth_endpoint barbican_endpoint_type verify_ssl_path
      barbican_service_user auth_url auth_type project_domain_id user_domain_id project_name username password cafile
      neutron metadata_proxy_shared_secret service_metadata_proxy auth_url auth_type cafile project_domain_name user_domain_name project_name username password region_name valid_interfaces
      database connection connection_recycle_time max_pool_size max_retries
      api_database connection connection_recycle_time max_pool_size max_retries
      cache backend enabled memcache_servers tls_enabled
      keystone_authtoken service_type www_authenticate_uri auth_url auth_type project_domain_name user_domain_name project_name username password cafile region_name memcache_security_strategy memcache_secret_key memcached_servers
      service_user send_service_user_token auth_url auth_type project_domain_id user_domain_id project_name username password cafile region_name valid_interfaces tenant_name user_name
      libvirt connection_uri live_migration_inbound_addr images_type images_rbd_pool images_rbd_ceph_conf rbd_user disk_cachemodes hw_disk_discard rbd_secret_uuid virt_type cpu_mode num_pcie_ports images_address_space_limit images_cpu_time_limit
      upgrade_levels compute
      oslo_messaging_notifications transport_url driver topics
      oslo_messaging_rabbit heartbeat_in_pthread amqp_durable_queues rabbit_quorum_queue rabbit_transient_quorum_queue rabbit_stream_fanout rabbit_qos_prefetch_count use_queue_manager hostname processname kombu_reconnect_splay ssl ssl_ca_file
      oslo_policy policy_file enforce_scope
      privsep_entrypoint helper_command
      nova_sys_admin helper_command
      vif_plug_ovs_privileged helper_command
      vif_plug_linux_bridge_privileged helper_command
      privsep_osbrick helper_command
      guestfs debug
      scheduler max_attempts discover_hosts_in_cells_interval workers
      placement auth_type auth_url username password user_domain_name project_name project_domain_name region_name cafile valid_interfaces
      notifications notify_on_state_change notification_format
      pci alias device_spec
      profiler enabled trace_sqlalchemy hmac_keys connection_string
      cors allowed_origin
    `,
  },
  {
    release: '2026.1',
    style: 'OpenStack-Ansible',
    names: `
      DEFAULT debug transport_url my_ip host state_path instances_path compute_driver max_concurrent_live_migrations log_dir use_journal
      api_database connection
      database connection
      compute cpu_dedicated_set cpu_shared_set
      libvirt virt_type cpu_mode cpu_models live_migration_inbound_addr live_migration_scheme live_migration_with_native_tls live_migration_permit_post_copy live_migration_permit_auto_converge live_migration_timeout_action live_migration_completion_timeout images_address_space_limit
      neutron auth_url auth_type username password project_name project_domain_name user_domain_name region_name
      vnc enabled server_listen server_proxyclient_address novncproxy_base_url
      oslo_messaging_rabbit ssl ssl_version rabbit_quorum_queue
      oslo_concurrency lock_path
    `,
  },
];
