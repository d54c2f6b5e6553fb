/**
 * Runs a plotting program in matplotlib and tells what its last figure shows, in the terms of
 * figure/figure.ts. It is Python, and runs in the sandbox alone: what it says is checked outside.
 *
 * Calls whose arguments do not survive in what they draw are written down as they are made (a pie's
 * wedges and its names, a scatter's marker, the curves of an area). Nothing is rendered. What the
 * comparison has no element for is named, and not passed over.
 */
export const driver = `
import json, os, traceback
word = sys.stdin.readline().strip()
code = sys.stdin.read()
answer = os.fdopen(os.dup(1), "w")
sys.stdin, sys.stdout, sys.stderr = open(os.devnull), open(os.devnull, "w"), open(os.devnull, "w")

MOST_ELEMENTS, MOST_POINTS = 10000, 200000
STYLES = {"-": "solid", "--": "dashed", ":": "dotted", "-.": "dashdot"}

class Refused(Exception):
    pass

def say(**told):
    answer.write(json.dumps(told) + word)
    answer.flush()
    os._exit(0)

def prepare():
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    import numpy as np
    notes = {}

    def noted(name, note):
        call = getattr(Axes, name)
        def wrapped(self, *args, **kw):
            drawn = call(self, *args, **kw)
            note(drawn, args, kw)
            return drawn
        setattr(Axes, name, wrapped)

    def note_pie(drawn, args, kw):
        wedges, texts = list(drawn)[:2]
        for wedge in wedges: notes[id(wedge)] = ("pie", wedge)
        for text in texts: notes[id(text)] = ("name", text)
    def note_scatter(drawn, args, kw):
        marker = kw.get("marker", args[4] if len(args) > 4 else None)
        notes[id(drawn)] = (marker if isinstance(marker, str) else "o", drawn)
    def note_area(drawn, args, kw):
        given = dict(zip(("x", "y1", "y2", "where"), args), **kw)
        if given.get("where") is not None: raise Refused("fill_between with where")
        x = np.atleast_1d(np.asarray(given["x"], float))
        low, high = (np.broadcast_to(np.asarray(given.get(k, 0), float), x.shape) for k in ("y1", "y2"))
        points = list(zip(x, low)) + list(zip(x, high))[::-1]
        notes[id(drawn)] = (points, drawn)
    noted("pie", note_pie)
    noted("scatter", note_scatter)
    noted("fill_between", note_area)
    ignore = lambda *args, **kw: None
    plt.show = plt.close = plt.savefig = Figure.savefig = Figure.show = ignore
    return plt, notes

def read_figure(plt, notes):
    import numpy as np
    from matplotlib import collections, colors, patches, ticker
    from matplotlib.category import StrCategoryLocator
    from matplotlib.container import BarContainer
    from matplotlib.text import Annotation
    if not plt.get_fignums(): return []
    figure, count = plt.gcf(), [0, 0]

    def element(kind, points, label="", color="#000000", style="", **more):
        given = [[float(x), float(y)] for x, y in points]
        points = [p for p in given if np.isfinite(p).all()]
        if kind != "line" and len(points) < len(given): refuse("a value that is not finite")
        count[0] += 1
        count[1] += len(points)
        if count[0] > MOST_ELEMENTS or count[1] > MOST_POINTS: raise MemoryError
        return dict(kind=kind, points=points, label=label, color=color, style=style, **more)

    def name(artist):
        label = str(artist.get_label() or "")
        return "" if label.startswith("_") else label
    def shade(color): return colors.to_hex(color)
    def refuse(what): raise Refused(what)
    def in_data(artist, axes): return artist.get_transform().contains_branch_separately(axes.transData)

    def ticks(axis):
        locator = axis.get_major_locator()
        if isinstance(locator, StrCategoryLocator):
            return [dict(at=float(at), label=str(text)) for text, at in axis.units._mapping.items()]
        if not isinstance(locator, ticker.FixedLocator): return None
        places, formatter = [float(at) for at in locator.locs], axis.get_major_formatter()
        own = list(formatter.seq) if isinstance(formatter, ticker.FixedFormatter) else None
        if isinstance(formatter, ticker.FuncFormatter): own = [formatter(at, i) for i, at in enumerate(places)]
        plain = [str(int(at)) if at == int(at) else repr(at) for at in places]
        return [dict(at=at, label=str(own[i]) if own and i < len(own) else plain[i]) for i, at in enumerate(places)]

    def line(each, axes):
        x, y = in_data(each, axes)
        points = list(zip(np.asarray(each.get_xdata(orig=False), float), np.asarray(each.get_ydata(orig=False), float)))
        label, color, dashes = name(each), shade(each.get_color()), each.get_linestyle()
        if x and y and dashes in ("None", "none", " ", ""):
            marker = each.get_marker()
            if marker in ("None", "none", " ", "", None): return []
            return [element("marker", [p], label, color, str(marker)) for p in points]
        style = STYLES.get(dashes, dashes if dashes in STYLES.values() else "dashed")
        if not (x and y): style += " across" if y else " upward" if x else refuse("a line in shares of the axes")
        return [element("line", points, label, color, style)]

    def patch(each, axes):
        if not all(in_data(each, axes)): refuse("a shape in shares of the axes")
        is_filled = each.get_fill() and each.get_facecolor()[3] > 0
        color = shade(each.get_facecolor() if is_filled else each.get_edgecolor())
        dashes = each.get_linestyle()
        looks = dict(label=name(each), color=color, style="filled" if is_filled else STYLES.get(dashes, dashes))
        if isinstance(each, patches.Wedge):
            size = [float(each.r), float(each.theta1), float(each.theta2)]
            if id(each) in notes: return element("wedge", [each.center], size=size, share=(size[2] - size[1]) / 360, **dict(looks, style=""))
            return element("wedge", [each.center], size=size, **looks)
        if isinstance(each, patches.Circle):
            return element("circle", [each.center], size=[float(each.radius)], **looks)
        if isinstance(each, patches.Ellipse):
            turn = float(each.angle)
            ends = (each.theta1, each.theta2) if isinstance(each, patches.Arc) else (0, 360)
            if isinstance(each, patches.Arc): looks["style"] = STYLES.get(dashes, dashes)
            return element("arc", [each.center], size=[float(each.width), float(each.height), turn + ends[0], turn + ends[1]], **looks)
        if isinstance(each, patches.FancyArrow):
            return element("arrow", [(each._x, each._y), (each._x + each._dx, each._y + each._dy)], **dict(looks, style=""))
        if isinstance(each, patches.FancyArrowPatch) and each._posA_posB:
            return element("arrow", each._posA_posB, **dict(looks, style=""))
        if isinstance(each, patches.Rectangle):
            return element("polygon", each.get_corners(), **looks)
        if isinstance(each, patches.Polygon):
            points = [tuple(p) for p in each.get_xy()]
            return element("polygon", points[:-1] if len(points) > 1 and points[0] == points[-1] else points, **looks)
        refuse(type(each).__name__)

    def collection(each):
        noted, label = notes.get(id(each), (None, None))[0], name(each)
        if isinstance(each, collections.PathCollection) and noted:
            shades = [shade(c) for c in (each.get_facecolors() if len(each.get_facecolors()) else each.get_edgecolors())]
            return [element("marker", [p], label, shades[i % len(shades)], noted) for i, p in enumerate(each.get_offsets())]
        if isinstance(each, collections.PolyCollection) and noted:
            return [element("fill", noted, label, shade(each.get_facecolor()[0]))]
        refuse(type(each).__name__)

    def text(each, axes):
        if id(each) in notes or each.get_text() == "": return []
        at, color = each.get_position(), shade(each.get_color())
        if isinstance(each, Annotation):
            if each.xycoords != "data": refuse("an annotation in coordinates that are not the data's")
            has_place = each.anncoords == "data"
            at = each.xyann if has_place else each.xy
            arrow = [element("arrow", [at, each.xy])] if each.arrow_patch is not None and tuple(each.xyann) != tuple(each.xy) else []
            return [element("text", [at], each.get_text(), color)] + arrow
        if not all(in_data(each, axes)):
            at = axes.transData.inverted().transform(each.get_transform().transform(at))
        return [element("text", [at], each.get_text(), color)]

    def read_axes(axes):
        if axes.name != "rectilinear": refuse("a figure of " + axes.name + " axes")
        if axes.get_xscale() != "linear" or axes.get_yscale() != "linear": refuse("an axis that is not linear")
        for held in (axes.images, axes.tables, axes.artists):
            for each in held: refuse(type(each).__name__)
        elements, barred = [], set()
        for bars in axes.containers:
            if not isinstance(bars, BarContainer): continue
            label, is_flat = name(bars), bars.orientation == "horizontal"
            for bar in bars.patches:
                barred.add(id(bar))
                x, y, w, h = bar.get_x(), bar.get_y(), bar.get_width(), bar.get_height()
                elements.append(element("bar", [(x, y), (x + w, y + h)], label or name(bar), shade(bar.get_facecolor()), isHorizontal=bool(is_flat)))
        for each in axes.lines: elements += line(each, axes)
        for each in axes.patches:
            if id(each) not in barred: elements.append(patch(each, axes))
        for each in axes.collections: elements += collection(each)
        for each in axes.texts: elements += text(each, axes)
        told = dict(title=axes.get_title(), xlabel=axes.get_xlabel(), ylabel=axes.get_ylabel(), elements=elements)
        if not axes.get_autoscalex_on(): told["xlim"] = [float(v) for v in axes.get_xlim()]
        if not axes.get_autoscaley_on(): told["ylim"] = [float(v) for v in axes.get_ylim()]
        for key, axis in (("xticks", axes.xaxis), ("yticks", axes.yaxis)):
            found = ticks(axis)
            if found is not None: told[key] = found
        return dict(told, hasLegend=axes.get_legend() is not None, isHidden=not axes.axison, isEqual=axes.get_aspect() in ("equal", 1.0))

    told = [read_axes(axes) for axes in figure.axes]
    above = list(figure.texts)
    if above and told:
        first = figure.axes[0]
        for each in above:
            at = first.transData.inverted().transform(each.get_transform().transform(each.get_position()))
            told[0]["elements"].append(element("text", [at], each.get_text(), shade(each.get_color())))
    return told

def line_of(error):
    if isinstance(error, SyntaxError): return error.lineno or 1
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "program.py"]
    return lines[-1] if lines else 1

try:
    plt, notes = prepare()
    program = compile(code, "program.py", "exec")
    exec(program, {"__name__": "__main__"})
    axes = read_figure(plt, notes)
except MemoryError as error:
    say(status="limit", message="the program takes too much memory", line=line_of(error))
except Refused as error:
    say(status="unsupported", message=str(error) + " is not compared", line=line_of(error))
except SyntaxError as error:
    say(status="syntax", message=str(error.msg), line=line_of(error))
except BaseException as error:
    say(status="error", message=(type(error).__name__ + ": " + str(error))[:300], line=line_of(error))
say(status="ok", axes=axes)
`;
