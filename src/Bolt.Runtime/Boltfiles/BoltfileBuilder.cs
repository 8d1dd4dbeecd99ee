using Bolt.Diagnostics;

namespace Bolt.Boltfiles;

/// <summary>Makes a <see cref="Boltfile"/> in code; <see cref="Build"/> checks it as if it had been read.</summary>
/// <param name="project">The project's name.</param>
public sealed class BoltfileBuilder(string project)
{
    private readonly List<Service> services = [];
    private readonly List<VolumeTable> volumes = [];
    private string folder = ".";

    /// <summary>Adds a service.</summary>
    public BoltfileBuilder AddService(Service service)
    {
        services.Add(service);
        return this;
    }

    /// <summary>Adds a service from its source: <c>new ServiceSource.Capsule("postgres")</c>.</summary>
    /// <param name="name">Its name, and its host name inside the stack.</param>
    /// <param name="source">What it runs.</param>
    /// <param name="configure">Sets further keys: <c>s => s with { … }</c>.</param>
    public BoltfileBuilder AddService(string name, ServiceSource source, Func<Service, Service>? configure = null)
    {
        var service = new Service { Name = name, Source = source };
        return AddService(configure is null ? service : configure(service));
    }

    /// <summary>Gives a named volume a size; volumes that are only mounted need no call.</summary>
    public BoltfileBuilder AddVolume(string name, long? size = null)
    {
        volumes.Add(new VolumeTable(name, size));
        return this;
    }

    /// <summary>The folder that relative paths start from; the current one unless set.</summary>
    public BoltfileBuilder InFolder(string path)
    {
        folder = path;
        return this;
    }

    /// <summary>The Boltfile, with what is wrong with it. Diagnostics have no positions, as there is no text.</summary>
    public Checked<Boltfile> Build()
    {
        var nowhere = new SourceSpan("", 0, 0, 1, "");
        var file = new Boltfile
        {
            Path = Path.Combine(Path.GetFullPath(folder), "Boltfile.toml"),
            Project = project,
            Services = [.. services],
            Volumes = [.. volumes],
        };
        var findings = new TomlFindings();
        if (!Names.IsName(project))
        {
            findings.Add(BoltfileErrors.BadName(nowhere, "project", project, Names.Folded(project)));
        }
        foreach (var service in services.Where(s => !Names.IsName(s.Name)))
        {
            findings.Add(BoltfileErrors.BadName(nowhere, "service", service.Name, Names.Folded(service.Name)));
        }
        foreach (var twice in services.GroupBy(s => s.Name).Where(g => g.Count() > 1))
        {
            findings.Add(BoltfileErrors.AddedTwice(nowhere, twice.Key));
        }
        StackChecks.Run(new StackDraft(file, [.. services.Select(s => ServiceReader.Draft(s, nowhere))]), findings);
        return new Checked<Boltfile>(file, [.. findings.InOrder().Select(d => d with { At = null })]);
    }
}
