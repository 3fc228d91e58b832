"""The work, as short stories told in calls to the rooms below.

    release(ReleaseRequest(…), listener)      the main job
    scan(source, listener, …)                 verify(reference, kind, keys=…)
    check_artifact(reference, policy, …)      write_report(framework, sbom_file=…, …)

Only here do the domains meet, and only over values of `custody.model`. What is shown is the command line's business.
"""
